import type { CallOutcome } from '#core/canary/outcome.ts';
import { seededRandom } from '#core/canary/seeded-random.ts';

export const startMs = Date.parse('2026-03-02T08:00:00Z');
export const minute = 60_000;

/** A call that completes after half a minute; fields as needed. */
export const aCall = (change: Partial<CallOutcome> & { readonly atSecond?: number } = {}): CallOutcome => {
  const { atSecond = 0, ...fields } = change;
  const startedMs = startMs + atSecond * 1_000;
  return {
    startedAt: new Date(startedMs).toISOString(),
    callerId: `caller-${atSecond}`,
    arm: 'stable',
    weightPercent: 50,
    endedAt: new Date(startedMs + 30_000).toISOString(),
    outcome: 'completed',
    costUsd: 0.1,
    slowTurns: 0,
    turns: 8,
    ...fields,
  };
};

/** The call as its start row shows it. */
export const stillOpen = ({ startedAt, callerId, arm, weightPercent, sessionId }: CallOutcome): CallOutcome => ({
  startedAt,
  callerId,
  arm,
  weightPercent,
  ...(sessionId && { sessionId }),
});

export interface Traffic {
  readonly calls: number;
  readonly weightPercent: number;
  readonly stableRate: number;
  readonly candidateRate: number;
  readonly seed: number;
  /** @default 1 */
  readonly secondsBetweenCalls?: number;
}

/** Random calls: assignment by weight, failures by arm, durations of 5 to 65 seconds. */
export const traffic = (options: Traffic): CallOutcome[] => {
  const random = seededRandom(options.seed);
  return Array.from({ length: options.calls }, (_, index) => {
    const arm = random() * 100 < options.weightPercent ? 'candidate' : 'stable';
    const failed = random() < (arm === 'candidate' ? options.candidateRate : options.stableRate);
    const startedMs = startMs + index * 1_000 * (options.secondsBetweenCalls ?? 1);
    return {
      startedAt: new Date(startedMs).toISOString(),
      endedAt: new Date(startedMs + 5_000 + Math.floor(random() * 60_000)).toISOString(),
      callerId: `caller-${index}`,
      sessionId: `session-${String(index).padStart(6, '0')}`,
      arm,
      weightPercent: options.weightPercent,
      outcome: failed ? 'failed' : 'completed',
      ...(failed && { errorClass: 'tool' }),
      escalated: random() < 0.1,
      costUsd: Math.round(1_000 * (0.05 + 0.2 * random())) / 1_000,
      turns: 8,
      slowTurns: random() < 0.05 ? 3 : 0,
    };
  });
};
