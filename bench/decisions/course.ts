import type { CallOutcome } from '#core/canary/outcome.ts';
import type { CanaryPlan } from '#core/canary/plan.ts';
import type { Random } from '#core/random.ts';
import { seededRandom } from '#core/canary/seeded-random.ts';

export const startMs = Date.parse('2026-01-05T08:00:00Z');
const minuteMs = 60_000;

/** How a bad call fails: so long after its start; undefined: when it would have ended, like any other call. */
export interface Fate {
  readonly failed: boolean;
  readonly afterMs?: number;
  /** Its end never reaches the store, and no host vouches for it. */
  readonly lost?: boolean;
  /** It never reaches a release. */
  readonly refused?: boolean;
}

/** A service and a candidate, played call by call through the analysis itself. */
export interface World {
  readonly plan: CanaryPlan;
  readonly callsPerMinute: number;
  readonly minutes: number;
  /** Candidate's weight by the minute. */
  readonly weightPercent: (minute: number) => number;
  /** Everybody meets this arm, whatever the weight says. @default by the weight */
  readonly arm?: 'stable' | 'candidate';
  readonly fate: (arm: 'stable' | 'candidate', minute: number, random: Random) => Fate;
}

const medianCallMs = 3 * minuteMs;
const sigma = 0.8;

const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** A call as it happens: what its end will be, and what is known of it before. */
export interface PlayedCall {
  readonly open: CallOutcome;
  readonly final: CallOutcome;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly failed: boolean;
}

/** Poisson arrivals; lengths log-normal with a median of three minutes. */
export const playCalls = (world: World, seed: number): PlayedCall[] => {
  const random = seededRandom(seed);
  const calls: PlayedCall[] = [];
  const untilMs = startMs + world.minutes * minuteMs;
  const meanGapMs = minuteMs / world.callsPerMinute;
  for (let ms = startMs - Math.log(1 - random()) * meanGapMs; ms < untilMs; ms -= Math.log(1 - random()) * meanGapMs) {
    const minute = (ms - startMs) / minuteMs;
    const weightPercent = world.weightPercent(minute);
    const drawn = random() * 100 < weightPercent ? 'candidate' : 'stable';
    const arm = world.arm ?? drawn;
    const lengthMs = medianCallMs * Math.exp(sigma * normal(random));
    const fate = world.fate(arm, minute, random);
    calls.push(playedCall({ arm, weightPercent, startedMs: Math.round(ms), lengthMs, index: calls.length }, fate));
  }
  return calls;
};

interface Placed {
  readonly arm: 'stable' | 'candidate';
  readonly weightPercent: number;
  readonly startedMs: number;
  readonly lengthMs: number;
  readonly index: number;
}

const playedCall = ({ arm, weightPercent, startedMs, lengthMs, index }: Placed, fate: Fate): PlayedCall => {
  const endedMs = Math.round(startedMs + (fate.failed ? (fate.afterMs ?? lengthMs) : lengthMs));
  const open: CallOutcome = {
    startedAt: startedMs,
    callerId: `caller-${index}`,
    sessionId: `session-${String(index).padStart(7, '0')}`,
    arm,
    weightPercent,
  };
  const failed = fate.failed && !fate.lost && !fate.refused;
  if (fate.refused) return { open, final: { ...open, lost: 'before-hand-over' }, startedMs, endedMs, failed };
  if (fate.lost) return { open, final: open, startedMs, endedMs, failed };
  const final: CallOutcome = {
    ...open,
    endedAt: endedMs,
    recordedAt: endedMs + 200,
    aliveUntil: endedMs,
    outcome: fate.failed ? 'failed' : 'completed',
    taskSucceeded: !fate.failed,
    turns: 10,
    slowTurns: 0,
    costUsd: 0.2,
  };
  return { open, final, startedMs, endedMs, failed };
};
