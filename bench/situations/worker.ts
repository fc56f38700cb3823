import { answerJobs } from '../answer-jobs.ts';
import { situationNamed } from './every-situation.ts';
import { SituationJob, type SituationResult } from './job.ts';

answerJobs(async (message): Promise<SituationResult> => {
  const { name, seeds } = SituationJob.parse(message);
  const situation = situationNamed(name);
  const startedAt = performance.now();
  const outcomes = [];
  for (const seed of seeds) outcomes.push(await situation.play(seed));
  return { name, outcomes, seconds: (performance.now() - startedAt) / 1_000 };
});
