import { LastgoodError } from '#core/errors.ts';
import type { Bench } from './harness.ts';

/** Every bench by name, loaded only when it is asked for: listing them must not start anything. */
export interface BenchEntry {
  readonly name: string;
  readonly describe: string;
  load(): Promise<Bench>;
}

export const benches: readonly BenchEntry[] = [
  {
    name: 'head',
    describe: 'conditional transitions per second; transitions lost or doubled by 16 writers',
    load: async () => (await import('./head.ts')).bench,
  },
];

/** @throws LastgoodError `unknown-name` that lists the names there are */
export const benchNamed = (name: string, entries: readonly BenchEntry[] = benches): BenchEntry => {
  const found = entries.find((entry) => entry.name === name);
  if (found) return found;
  throw new LastgoodError(
    'unknown-name',
    `there is no bench ${JSON.stringify(name)}; the benches are ${entries.map((entry) => entry.name).join(', ')}`,
  );
};
