import { z } from 'zod';
import { assertNever } from '../errors.ts';
import { type BoundedMean, type BoundedMeanState, createBoundedMean } from './bounded-mean.ts';
import { type EProcess, type EProcessState, createEProcess } from './e-process.ts';
import { marginPercentagePoints } from './guardrail.ts';

const floorPercent = z.number().gt(0, 'must be above 0').max(100, 'must be at most 100');
const alpha = z.number().gt(0, 'must be above 0').lt(1, 'must be below 1');

/**
 * When stable itself counts as unhealthy (S11, X6). Against its own baseline, anytime-valid: drift of a healthy release trips with
 * probability at most alpha, however long it runs. Above an absolute floor a person is paged, whatever the baseline.
 */
export const BreakerPolicy = z
  .strictObject({
    /** Split evenly over the three breakers. @default 0.01 */
    alpha: alpha.default(0.01),
    /** @default 5 percentage points over the baseline, page above 25 % */
    errorRate: z
      .strictObject({ marginPercentagePoints, pageAbovePercent: floorPercent })
      .default({ marginPercentagePoints: 5, pageAbovePercent: 25 }),
    /** @default 10 percentage points over the baseline, page above 50 % */
    interventionRate: z
      .strictObject({ marginPercentagePoints, pageAbovePercent: floorPercent })
      .default({ marginPercentagePoints: 10, pageAbovePercent: 50 }),
    /** Cost per call in US dollars. @default 0.25 over the baseline, page above 1, calls count at most 2 */
    meanCost: z
      .strictObject({
        marginUsd: z.number().gt(0, 'must be above 0'),
        pageAboveUsd: z.number().gt(0, 'must be above 0'),
        capUsd: z.number().gt(0, 'must be above 0'),
      })
      .default({ marginUsd: 0.25, pageAboveUsd: 1, capUsd: 2 }),
    /** Newest calls that are held against the absolute floor. @default 50 */
    floorCalls: z.int().min(10, 'must be at least 10').max(1_000, 'must be at most 1000').default(50),
  })
  .readonly();
export type BreakerPolicy = z.infer<typeof BreakerPolicy>;

export const breakerNames = ['errorRate', 'interventionRate', 'meanCost'] as const;
export type BreakerName = (typeof breakerNames)[number];

/** What is normal for the service: rates in [0, 1], cost in US dollars. */
export type BreakerBaseline = Readonly<Record<BreakerName, number>>;

/** One settled call of the release that is watched. */
export interface BreakerCall {
  readonly failed: boolean;
  readonly escalated: boolean;
  /** Left out when it is not known. */
  readonly costUsd?: number;
}

export interface BreakerState {
  readonly errorRate: EProcessState;
  readonly interventionRate: EProcessState;
  readonly meanCost: BoundedMeanState;
  /** Newest calls, oldest first. */
  readonly recent: readonly BreakerCall[];
  readonly drifted: readonly TrippedBreaker[];
}

/** A breaker that tripped, with its numbers. */
export interface TrippedBreaker {
  readonly breaker: BreakerName;
  readonly kind: 'drifted' | 'above-floor';
  /** Rate or mean cost over the calls that tripped it. */
  readonly value: number;
  readonly calls: number;
  readonly limit: number;
  /** Natural logarithm of the evidence; for `drifted` only. */
  readonly logE?: number;
}

/** Watches one release call by call, in order of start, each call once it is settled: the same order as the test's. */
export interface Breaker {
  observe(call: BreakerCall): void;
  tripped(): readonly TrippedBreaker[];
  state(): BreakerState;
}

export const createBreaker = (policy: BreakerPolicy, baseline: BreakerBaseline, from?: BreakerState): Breaker => {
  const logThreshold = Math.log(breakerNames.length / policy.alpha);
  const rate = (name: 'errorRate' | 'interventionRate'): EProcess =>
    createEProcess(
      {
        side: 'at-most',
        margin: policy[name].marginPercentagePoints / 100,
        baseline: baseline[name],
        logThreshold,
        againstBaseline: true,
      },
      from?.[name],
    );
  const rates = { errorRate: rate('errorRate'), interventionRate: rate('interventionRate') };
  const { capUsd, marginUsd } = policy.meanCost;
  const cost = createBoundedMean(
    { side: 'at-most', margin: marginUsd, cap: capUsd, baseline: Math.min(baseline.meanCost, capUsd) },
    from?.meanCost,
  );
  let recent = [...(from?.recent ?? [])];
  // Evidence that once reached its threshold stays tripped: later good calls do not make the release well.
  const latched = new Map((from?.drifted ?? []).map((tripped) => [tripped.breaker, tripped]));
  const latch = (tripped: TrippedBreaker | undefined): void => {
    if (tripped && !latched.has(tripped.breaker)) latched.set(tripped.breaker, tripped);
  };
  const check = (): void => {
    for (const name of ['errorRate', 'interventionRate'] as const)
      latch(driftedRate(name, rates[name], baseline[name] + policy[name].marginPercentagePoints / 100, logThreshold));
    latch(driftedCost(cost, baseline.meanCost + marginUsd, logThreshold));
  };

  return {
    observe(call) {
      rates.errorRate.observe('candidate', call.failed, 1);
      rates.interventionRate.observe('candidate', call.escalated, 1);
      if (call.costUsd !== undefined) cost.observe('candidate', Math.min(call.costUsd, capUsd), 1);
      recent = [...recent, call].slice(-policy.floorCalls);
      check();
    },
    tripped: () => [...latched.values(), ...aboveFloor(policy, recent)],
    state: () => ({
      errorRate: rates.errorRate.state(),
      interventionRate: rates.interventionRate.state(),
      meanCost: cost.state(),
      recent: [...recent],
      drifted: [...latched.values()],
    }),
  };
};

const driftedRate = (
  breaker: BreakerName,
  { logE, candidate }: EProcess,
  limit: number,
  logThreshold: number,
): TrippedBreaker | undefined =>
  logE >= logThreshold
    ? { breaker, kind: 'drifted', value: candidate.bad / candidate.n, calls: candidate.n, limit, logE }
    : undefined;

const driftedCost = (
  { logE, candidate }: BoundedMean,
  limit: number,
  logThreshold: number,
): TrippedBreaker | undefined =>
  logE >= logThreshold
    ? {
        breaker: 'meanCost',
        kind: 'drifted',
        value: candidate.sum / candidate.n,
        calls: candidate.n,
        limit,
        logE,
      }
    : undefined;

/** Only a full window is held against the floor: ten calls of a quiet night say little. */
const aboveFloor = (policy: BreakerPolicy, recent: readonly BreakerCall[]): TrippedBreaker[] => {
  if (recent.length < policy.floorCalls) return [];
  const calls = recent.length;
  const costs = recent.flatMap(({ costUsd }) => (costUsd === undefined ? [] : [costUsd]));
  const values: Readonly<Record<BreakerName, { value: number; limit: number; calls: number }>> = {
    errorRate: {
      value: recent.filter(({ failed }) => failed).length / calls,
      limit: policy.errorRate.pageAbovePercent / 100,
      calls,
    },
    interventionRate: {
      value: recent.filter(({ escalated }) => escalated).length / calls,
      limit: policy.interventionRate.pageAbovePercent / 100,
      calls,
    },
    meanCost: {
      value: costs.length === 0 ? 0 : costs.reduce((sum, cost) => sum + cost, 0) / costs.length,
      limit: policy.meanCost.pageAboveUsd,
      calls: costs.length,
    },
  };
  return breakerNames
    .filter((breaker) => values[breaker].value > values[breaker].limit)
    .map((breaker) => ({ breaker, kind: 'above-floor', ...values[breaker] }));
};

/** What is known of last-good's health while stable is unhealthy. `unproven`: it carries no calls and no probe succeeded lately. */
export type LastGoodHealth = 'healthy' | 'unhealthy' | 'unproven';

/** `page` with `hold: true` means: a flip would be warranted, but last-good is no better place to be. */
export type BreakerAction =
  | { readonly kind: 'none' }
  | { readonly kind: 'page'; readonly hold: boolean; readonly reason: string }
  | { readonly kind: 'flip-to-last-good'; readonly reason: string };

export interface BreakerSituation {
  readonly tripped: readonly TrippedBreaker[];
  readonly lastGood: LastGoodHealth;
  /** False when last-good is the release that is stable: there is nothing to go back to. */
  readonly lastGoodDiffers: boolean;
}

/** Drift flips to last-good, and to nothing worse: in a shared outage it stays and pages. The absolute floor only pages. */
export const breakerAction = ({ tripped, lastGood, lastGoodDiffers }: BreakerSituation): BreakerAction => {
  if (tripped.length === 0) return { kind: 'none' };
  const reason = tripped.map(sentence).join('; ');
  if (!tripped.some(({ kind }) => kind === 'drifted')) return { kind: 'page', hold: false, reason };
  if (!lastGoodDiffers)
    return { kind: 'page', hold: true, reason: `${reason}; no other release is known to be good, so calls stay` };
  switch (lastGood) {
    case 'healthy':
      return { kind: 'flip-to-last-good', reason };
    case 'unhealthy':
      return {
        kind: 'page',
        hold: true,
        reason: `${reason}; last-good is unhealthy too, so calls stay: suspect what both share`,
      };
    case 'unproven':
      return {
        kind: 'page',
        hold: true,
        reason: `${reason}; last-good has not proven that it can take a call, so calls stay`,
      };
    default:
      return assertNever(lastGood, 'last-good health');
  }
};

const sentence = ({ breaker, kind, value, calls, limit }: TrippedBreaker): string => {
  const shown = (amount: number): string =>
    breaker === 'meanCost' ? `$${amount.toFixed(2)}` : `${(100 * amount).toFixed(1)} %`;
  const what = { errorRate: 'error rate', interventionRate: 'intervention rate', meanCost: 'mean cost' }[breaker];
  return kind === 'drifted'
    ? `${what} ${shown(value)} over ${calls} calls: shown above ${shown(limit)}, the baseline and its margin`
    : `${what} ${shown(value)} over the last ${calls} calls, above the floor of ${shown(limit)}`;
};
