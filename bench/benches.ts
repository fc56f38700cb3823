import { LastgoodError } from '#core/errors.ts';
import type { Bench } from './harness.ts';
import { alarmDescription } from './live/alarm-runs.ts';

/** Every bench by name, loaded only when it is asked for: listing them must not start anything. */
export interface BenchEntry {
  readonly name: string;
  /** One line for the list. */
  readonly describe: string;
  load(): Promise<Bench>;
}

export const benches: readonly BenchEntry[] = [
  {
    name: 'tour',
    describe: 'the whole tour: seconds to the first answered call and to the end',
    load: async () => (await import('./tour.ts')).bench,
  },
  {
    name: 'session-start',
    describe: 'upgrade request to first audio frame, 10 calls/s for 30 s on a warm pool',
    load: async () => (await import('./session-start.ts')).bench,
  },
  {
    name: 'flip',
    describe: 'decision to last new session on the candidate, 20 flips under load',
    load: async () => (await import('./flip.ts')).bench,
  },
  {
    name: 'roll-back-in-band',
    describe: "deciding call's end to last new session on the candidate, live calls",
    load: async () => (await import('./roll-back-in-band.ts')).bench,
  },
  {
    name: 'roll-back-alarm',
    describe:
      'first bad call to flip by the alarm path alone at 5 %, 600 and 60 calls/min on virtual time, budget per hop',
    load: async () => (await import('./roll-back-alarm.ts')).bench,
  },
  {
    name: 'roll-back-alarm-live',
    describe: alarmDescription,
    load: async () => (await import('./roll-back-alarm-live.ts')).bench,
  },
  {
    name: 'decisions',
    describe: 'false aborts, missed failures and delay of canary decisions, beside fixed thresholds and other tests',
    load: async () => (await import('./decisions.ts')).bench,
  },
  {
    name: 'simulate',
    describe:
      'the control plane under faults on virtual time, held to the invariants after every step; --seed N for other luck',
    load: async () => (await import('./simulate.ts')).bench,
  },
  {
    name: 'situations',
    describe:
      'what canaries and stable releases come to, each situation played 300 times through the product on virtual time',
    load: async () => (await import('./situations.ts')).bench,
  },
  {
    name: 'analysis-speed',
    describe: 'time to recompute 100,000 outcomes and to take one more',
    load: async () => (await import('./analysis-speed.ts')).bench,
  },
  {
    name: 'judge-scale',
    describe: 'one more outcome, and a cold start, after 24 h at 100 calls/s',
    load: async () => (await import('./judge-scale.ts')).bench,
  },
  {
    name: 'head',
    describe: 'conditional transitions per second; transitions lost or doubled by 16 writers',
    load: async () => (await import('./head.ts')).bench,
  },
  {
    name: 'synth',
    describe: 'seconds and memory of cdk synth for 1, 10 and 50 orgs, and for one of 50',
    load: async () => (await import('./synth.ts')).bench,
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
