import { z } from 'zod';
import { guardrailNames } from './guardrail.ts';
import { HorizonPoint, Metrics, TimelinePoint } from './verdict.ts';

const Counts = z.strictObject({ n: z.number(), bad: z.number() });
const Sums = z.strictObject({ n: z.number(), sum: z.number() });
const Percent = z.number();

const EProcessState = z.strictObject({
  logE: z.number(),
  shares: z.array(z.number()).max(16),
  stable: Counts,
  candidate: Counts,
  guessed: z
    .strictObject({
      rho: z.number(),
      stableN: z.number(),
      candidateN: z.number(),
      stableRate: z.number(),
      candidateRates: z.array(z.number()).max(16),
    })
    .nullable(),
});
const BoundedMeanState = z.strictObject({ logWealth: z.array(z.number()).max(16), stable: Sums, candidate: Sums });
const LossTestState = z.strictObject({ begun: z.boolean(), more: EProcessState });
const Refused = z.strictObject({ n: z.number(), refused: z.number() });
const RefusalTestState = z.strictObject({
  block: z.strictObject({ startedMs: z.number(), stable: Refused, candidate: Refused }).nullable(),
  begun: z.boolean(),
  more: z.array(z.number()).max(16),
  fewer: z.array(z.number()).max(16),
});
const EProcessPair = z.strictObject({ abort: EProcessState, promote: EProcessState });

const arms = <T extends z.ZodType>(schema: T) => z.strictObject({ stable: schema, candidate: schema });

const TestsState = z.strictObject({
  rates: z.strictObject({
    errorRate: EProcessPair,
    taskSuccess: EProcessPair,
    interventionRate: EProcessPair,
    slowTurnRate: EProcessPair,
    overBudgetRate: EProcessPair,
  }),
  soon: z.array(EProcessState).max(4),
  meanCost: z.strictObject({ abort: BoundedMeanState, promote: BoundedMeanState, costs: arms(Sums) }),
  lost: arms(z.number()),
});

const timelineOf = <T extends z.ZodType>(point: T) =>
  z.strictObject({ stride: z.number(), points: z.array(point).max(128) });

const DecisionState = z.strictObject({
  kind: z.enum(['abort', 'promote']),
  track: z.number(),
  callIndex: z.number(),
  atMs: z.number(),
  logEAbort: z.number(),
  logEPromote: z.number(),
  strongest: z.strictObject({ guardrail: z.enum(guardrailNames), horizon: z.number().nullable() }),
  metrics: Metrics,
  exampleCallIds: z.array(z.string()).max(5),
});

const TallyState = z.strictObject({
  seatedCandidates: z.number(),
  expectedCandidates: z.number(),
  repeats: z.number(),
  misplaced: z.number(),
  exposure: z
    .array(
      z.strictObject({
        weightPercent: Percent,
        stableCalls: z.number(),
        candidateCalls: z.number(),
        firstMs: z.number(),
        lastMs: z.number(),
      }),
    )
    .max(100),
  entered: z.number(),
  candidateCalls: z.number(),
  lastEndedMs: z.number(),
  lastWeightPercent: Percent.nullable(),
  timeline: timelineOf(TimelinePoint),
  soon: z.array(z.strictObject({ entered: z.number(), timeline: timelineOf(HorizonPoint) })).max(4),
  missing: arms(Counts),
  refused: arms(Counts),
  examples: z.record(z.string(), z.array(z.string()).max(5)),
  decision: DecisionState.nullable(),
});

/** A walk at rest (`WalkState` of walk.ts), as it is read back. */
export const WalkState = z.strictObject({
  tracks: z.array(z.strictObject({ used: z.number(), clockMs: z.number() })).max(5),
  tally: TallyState,
  tests: TestsState,
  assignment: z.strictObject({
    logE: z.number(),
    weights: z.array(z.strictObject({ rho: z.number(), stable: z.number(), candidate: z.number() })).max(64),
  }),
  missing: LossTestState,
  refused: RefusalTestState,
});
