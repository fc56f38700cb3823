import type { Strongest } from './combined-evidence.ts';
import type { Crossing } from './crossing.ts';
import type { GuardrailTests } from './guardrail-tests.ts';
import type { CanaryPlan } from './plan.ts';
import { type Tally, exampleKey } from './tally.ts';
import type { Metrics } from './verdict.ts';

export interface Weighing {
  readonly plan: CanaryPlan;
  /** `log(1 / alpha)` */
  readonly logThreshold: number;
  readonly tests: GuardrailTests;
  readonly tally: Readonly<Tally>;
  readonly window: number;
  readonly inDoubt: () => boolean;
}

/** What a call led to: an abort replaces a promotion, nothing replaces an abort, and in doubt nothing is decided. */
export const decisionAfter = (situation: Weighing, track: number, callIndex: number, atMs: number): Crossing | null => {
  const { plan, logThreshold, tests, tally, window } = situation;
  // Each horizon's own order of calls makes its decisions, so that they do not depend on how far the others have come.
  if (track === window ? tests.windowReaches(logThreshold) : tests.logESoon(track) >= logThreshold) {
    const strongest: Strongest =
      track === window ? { guardrail: tests.heaviest(), horizon: null } : { guardrail: 'errorRate', horizon: track };
    if (hasBadCandidate(tests.metrics(), strongest) && !situation.inDoubt())
      return decided('abort', strongest, situation, { track, callIndex, atMs });
  }
  const promotes =
    track === window &&
    tally.decision === null &&
    tally.candidateCalls >= plan.minimumCallsToPromote &&
    tests.logEPromote() >= logThreshold;
  if (!promotes || situation.inDoubt()) return null;
  const heaviest = { guardrail: tests.heaviest(), horizon: null };
  return decided('promote', heaviest, situation, { track, callIndex, atMs });
};

/** Stable's calls alone may seem to prove something; without one bad call of the candidate it is about the split of callers. */
const hasBadCandidate = (metrics: Metrics, { guardrail, horizon }: Strongest): boolean => {
  if (guardrail === 'meanCost') return metrics.meanCost.candidate.n > 0;
  if (horizon === null) return metrics[guardrail].candidate.bad > 0;
  return (metrics.errorRate.horizons[horizon]?.candidate.bad ?? 0) > 0;
};

const decided = (
  kind: Crossing['kind'],
  strongest: Strongest,
  { tests, tally }: Weighing,
  call: Pick<Crossing, 'track' | 'callIndex' | 'atMs'>,
): Crossing => ({
  kind,
  ...call,
  // A promotion is W's alone: what the others knew at that moment is no part of it.
  logEAbort: kind === 'abort' ? tests.logEAbort() : tests.logEWindow(),
  logEPromote: tests.logEPromote(),
  strongest,
  metrics: tests.metrics(),
  exampleCallIds: examplesOf(tally, strongest),
});

export const examplesOf = (tally: Readonly<Tally>, { guardrail, horizon }: Strongest): readonly string[] =>
  tally.examples[horizon === null ? guardrail : exampleKey(horizon)] ?? [];
