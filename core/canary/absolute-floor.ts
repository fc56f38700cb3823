import { z } from 'zod';
import type { CanaryPlan } from './plan.ts';
import { type Raised, type StableSignal, stableSignals } from './raised.ts';

/** Newest calls that are held against the floor: ten calls of a quiet night say little. */
const floorCalls = 50;

export const FloorState = z
  .strictObject({
    /** Oldest first. */
    recent: z
      .array(z.strictObject({ failed: z.boolean(), escalated: z.boolean(), usd: z.number().optional() }).readonly())
      .max(floorCalls)
      .readonly(),
    /** Passed, and people were told. */
    told: z.boolean(),
  })
  .readonly();
export type FloorState = z.infer<typeof FloorState>;
type FloorCall = FloorState['recent'][number];

/** A limit whatever the baseline, above which people want to know. It only pages. */
export interface AbsoluteFloor {
  add(call: FloorCall): void;
  /** What is beyond it, once until it is over. */
  alarm(): readonly Raised[];
  state(): FloorState;
}

/** Cost as a multiple of the most that a call counts. */
const floor = { errorRate: 0.25, interventionRate: 0.5, meanCost: 1 } as const;

export const createAbsoluteFloor = (plan: CanaryPlan, from?: FloorState): AbsoluteFloor => {
  let recent = from?.recent ?? [];
  let told = from?.told ?? false;
  return {
    add(call) {
      recent = [...recent, call].slice(-floorCalls);
    },
    alarm() {
      const passed = passedBy(recent, plan);
      const isNews = passed.length > 0 && !told;
      told = passed.length > 0;
      return isNews ? passed : [];
    },
    state: () => ({ recent, told }),
  };
};

const passedBy = (recent: FloorState['recent'], plan: CanaryPlan): Raised[] => {
  if (recent.length < floorCalls) return [];
  const costs = recent.flatMap(({ usd }) => usd ?? []);
  const values: Readonly<Record<StableSignal, { readonly sum: number; readonly n: number; readonly limit: number }>> = {
    errorRate: { sum: recent.filter(({ failed }) => failed).length, n: recent.length, limit: floor.errorRate },
    interventionRate: {
      sum: recent.filter(({ escalated }) => escalated).length,
      n: recent.length,
      limit: floor.interventionRate,
    },
    meanCost: {
      sum: costs.reduce((sum, usd) => sum + usd, 0),
      n: costs.length,
      limit: floor.meanCost * plan.costCapUsd,
    },
  };
  return stableSignals.flatMap((signal): Raised[] => {
    const { sum, n, limit } = values[signal];
    const value = sum / Math.max(1, n);
    const horizonSeconds = plan.outcomeWindowMinutes * 60;
    return value > limit ? [{ signal, horizonSeconds, calls: n, value, limit, against: 'floor' }] : [];
  });
};
