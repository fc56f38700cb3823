import { parentPort } from 'node:worker_threads';

/** For a worker: answers each message with what `play` makes of it; an error ends the worker with it. */
export const answerJobs = (play: (message: unknown) => Promise<unknown>): void => {
  const port = parentPort;
  port?.on('message', (message) => {
    play(message).then(
      (result) => port.postMessage(result),
      (error: unknown) => {
        setImmediate(() => {
          throw error;
        });
      },
    );
  });
};
