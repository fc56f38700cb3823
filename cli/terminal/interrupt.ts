/**
 * Runs with a signal that the first Ctrl-C aborts, so that work ends in order; a second one ends the process, as usual.
 */
export const untilInterrupted = async <T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  process.once('SIGINT', onInterrupt);
  try {
    return await run(interrupt.signal);
  } finally {
    process.off('SIGINT', onInterrupt);
  }
};
