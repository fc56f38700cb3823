import type { Verdict } from '#core/canary/verdict.ts';
import type { Log } from '#core/log.ts';
import type { Execution } from '#core/promotion/executions.ts';
import type { PromotionInput } from '#core/promotion/promotion-input.ts';
import type { PromotionEnd } from '#core/promotion/promotion-store.ts';
import { effectiveWeight } from '#core/version-set/effective-weight.ts';
import type { OrgStores } from '../org-stores.ts';
import { canaryComparison } from './comparison.ts';
import { readAnalysis } from './judge.ts';

/** A promotion at one moment, as far as it can be seen from outside. */
export interface Observation {
  /** State of the workflow that was entered last: `PreparePool`, `Analyze`. */
  readonly state?: string;
  /** Share of new callers that meet the candidate now. */
  readonly weightPercent: number;
  /** What the calls so far say; while the candidate is on the head. */
  readonly verdict?: Verdict;
  /** How it ended. */
  readonly end?: PromotionEnd;
  /** The execution ended without the promotion having said how. */
  readonly lost?: string;
}

export type ObservedStores = Pick<OrgStores, 'org' | 'heads' | 'calls' | 'judgeStates' | 'promotions' | 'executions'>;

/** Looks once. A promotion may go on in later executions, so the caller keeps the number of the latest. */
export const observePromotion = async (
  stores: ObservedStores,
  input: PromotionInput,
  nowMs: number,
): Promise<Observation> => {
  const { promotionId, service, set } = input;
  const [head, record, execution] = await Promise.all([
    stores.heads.read(service, set),
    stores.promotions.get(promotionId),
    latestExecution(stores, input),
  ]);
  const isExposed = head?.candidate?.promotionId === promotionId;
  const weightPercent = isExposed ? effectiveWeight(head, nowMs) : 0;
  const end = record?.end;
  const lost = end ? undefined : lossOf(execution?.execution);
  const [state] = execution ? await stores.executions.statesEntered(execution) : [];
  return {
    weightPercent,
    ...(state !== undefined && { state }),
    ...(isExposed && { verdict: await verdictNow(stores, input, head.candidate.startedAt, nowMs) }),
    ...(end && { end }),
    ...(lost !== undefined && { lost }),
  };
};

interface FoundExecution {
  readonly promotionId: PromotionInput['promotionId'];
  readonly continuation: number;
  readonly execution: Execution;
}

/** An execution that goes on elsewhere ends well and has a successor. */
const latestExecution = async (
  { executions }: Pick<ObservedStores, 'executions'>,
  { promotionId, continuation: first }: PromotionInput,
): Promise<FoundExecution | undefined> => {
  let latest: FoundExecution | undefined;
  for (let continuation = first; continuation < first + 10_000; continuation += 1) {
    const execution = await executions.describe({ promotionId, continuation });
    if (execution === undefined) return latest;
    latest = { promotionId, continuation, execution };
    if (execution.status === 'running') return latest;
  }
  return latest;
};

const lossOf = (execution: Execution | undefined): string | undefined => {
  if (execution === undefined || execution.status === 'running' || execution.status === 'succeeded') return undefined;
  return `its execution ${execution.status}${execution.problem === undefined ? '' : `: ${execution.problem}`}`;
};

const verdictNow = async (
  stores: ObservedStores,
  { promotionId, service, set, plan }: PromotionInput,
  startedAt: string,
  nowMs: number,
): Promise<Verdict> => {
  const comparison = canaryComparison({ service, set }, { promotionId, startedAt }, plan, stores.org.services);
  const ports = { ...stores, clock: { now: () => nowMs }, log: silent };
  return (await readAnalysis(ports, comparison)).verdict(nowMs);
};

/** Whoever looks on sees the verdict; what the records lack is told by the judges. */
const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
