import { answerJobs } from '../answer-jobs.ts';
import { SimulateJob } from './job.ts';
import { playEpisodes } from './play-episodes.ts';

answerJobs((message) => playEpisodes(SimulateJob.parse(message).seeds));
