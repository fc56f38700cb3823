import { parentPort } from 'node:worker_threads';
import { situationNamed } from './every-situation.ts';
import { SituationJob, type SituationResult } from './job.ts';

const port = parentPort;

const play = async (message: unknown): Promise<SituationResult> => {
  const { name, seeds } = SituationJob.parse(message);
  const situation = situationNamed(name);
  const startedAt = performance.now();
  const outcomes = [];
  for (const seed of seeds) outcomes.push(await situation.play(seed));
  return { name, outcomes, seconds: (performance.now() - startedAt) / 1_000 };
};

port?.on('message', (message) => {
  void play(message).then(
    (result) => port.postMessage(result),
    (error: unknown) => {
      // Ends the worker with the error, which the bench then throws.
      setImmediate(() => {
        throw error;
      });
    },
  );
});
