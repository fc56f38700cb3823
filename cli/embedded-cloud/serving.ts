import type { Running } from './bring-up.ts';
import { cloudEnvironment } from './bring-up.ts';

/** Lines for a second terminal: settings, then commands to try. */
export const tryItText = ({ endpoint }: Pick<Running, 'endpoint'>, org: string, service: string): string =>
  [
    `export ${Object.entries(cloudEnvironment(endpoint))
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')}`,
    `npm run -s lastgood -- call --org ${org} --service ${service}`,
    `npm run -s lastgood -- status`,
    `npm run -s lastgood -- history ${service} --org ${org}`,
  ].join('\n');

/** Aborted by the first Ctrl-C or SIGTERM; a second Ctrl-C ends the process at once. */
export const stopSignal = (): { readonly signal: AbortSignal; readonly stopped: Promise<void> } => {
  const interrupt = new AbortController();
  const stopped = new Promise<void>((resolve) => interrupt.signal.addEventListener('abort', () => resolve()));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
  return { signal: interrupt.signal, stopped };
};
