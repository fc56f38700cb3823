import type { SessionRecord } from '#core/session/session-record.ts';
import type { Arm } from '#core/words/arm.ts';

/** What the candidate's alarm looks at, with its numbers. */
const windowMs = 60_000;
const minCalls = 20;
const marginPercentagePoints = 2;

export interface EndedCall {
  readonly arm: Arm;
  /** Epoch milliseconds. */
  readonly endedAtMs: number;
  readonly failed: boolean;
}

export const endedCalls = (records: readonly SessionRecord[]): readonly EndedCall[] =>
  records.flatMap(({ assignment, result }) =>
    result === undefined || assignment.probe
      ? []
      : [{ arm: assignment.arm, endedAtMs: Date.parse(result.endedAt), failed: result.outcome === 'failed' }],
  );

const rateOf = (calls: readonly EndedCall[], fallback: number): number =>
  calls.length >= minCalls ? calls.filter(({ failed }) => failed).length / calls.length : fallback;

/**
 * End of the first minute in which the candidate was worse than stable as the alarm defines it: the earliest moment that
 * any detector over sliding minutes could have fired. Epoch milliseconds; undefined when no minute was bad.
 * @param baselineErrorRate stands in for a stable with fewer than 20 calls in the minute
 */
export const firstBadMinute = (calls: readonly EndedCall[], baselineErrorRate: number): number | undefined => {
  const inOrder = calls.toSorted((a, b) => a.endedAtMs - b.endedAtMs);
  return inOrder.find(({ endedAtMs }) => {
    const minute = inOrder.filter((call) => call.endedAtMs > endedAtMs - windowMs && call.endedAtMs <= endedAtMs);
    const candidate = minute.filter(({ arm }) => arm === 'candidate');
    if (candidate.length < minCalls) return false;
    const stable = minute.filter(({ arm }) => arm === 'stable');
    return 100 * (rateOf(candidate, 0) - rateOf(stable, baselineErrorRate)) > marginPercentagePoints;
  })?.endedAtMs;
};
