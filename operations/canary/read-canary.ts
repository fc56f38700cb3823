import type { Analysis } from '#core/canary/analysis.ts';
import type { Verdict } from '#core/canary/verdict.ts';
import type { Decision, PromotionStore } from '#core/promotion/promotion-store.ts';
import type { ServiceSettings } from '#core/promotion/service-settings.ts';
import type { Promotion } from '#core/promotion/steps.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Candidate, Head } from '#core/version-set/head.ts';
import type { History } from '#core/version-set/history.ts';
import { canaryComparison, type Comparison } from './comparison.ts';
import type { judge } from './judge.ts';

export interface ReadCanaryPorts {
  readonly heads: Pick<HeadStore, 'read'>;
  readonly history: Pick<History, 'list'>;
  readonly judge: ReturnType<typeof judge>;
  readonly promotions: Pick<PromotionStore, 'decisions'>;
  readonly services: ServiceSettings;
}

/** A canary that runs, with everything that a decision on it rests on. */
export interface RunningCanary {
  readonly head: Head;
  readonly candidate: Candidate;
  readonly comparison: Comparison;
  readonly verdict: Verdict;
  readonly analysis: Analysis;
  /** ISO 8601: since when the candidate has its weight. */
  readonly weightSince: string;
  readonly latest: Decision | undefined;
}

/** The head knows the promotion no more: somebody else ended it. */
export interface EndedCanary {
  readonly head: Head | undefined;
  readonly latest: Decision | undefined;
}

export type Canary = ({ readonly kind: 'running' } & RunningCanary) | ({ readonly kind: 'ended' } & EndedCanary);

export const readCanary = async (
  ports: ReadCanaryPorts,
  { promotionId, service, set, plan }: Promotion,
): Promise<Canary> => {
  const head = await ports.heads.read(service, set);
  const candidate = head?.candidate;
  if (!head || candidate?.promotionId !== promotionId) {
    const [latest] = await ports.promotions.decisions(promotionId, 1);
    return { kind: 'ended', head, latest };
  }
  const comparison = canaryComparison(head, candidate, plan, ports.services);
  const { verdict, analysis } = await ports.judge(comparison, { kind: 'look' });
  const [latest] = await ports.promotions.decisions(promotionId, 1);
  const weightSince = await readWeightSince(ports, head, candidate);
  return { kind: 'running', head, candidate, comparison, verdict, analysis, weightSince, latest };
};

/** The latest transition that set the candidate's weight. Freezing in between does not restart the bake. */
const readWeightSince = async (
  { history }: Pick<ReadCanaryPorts, 'history'>,
  head: Head,
  candidate: Candidate,
): Promise<string> => {
  if (setsWeight(head.lastTransition)) return head.lastTransition.at;
  const entries = await history.list(head.service, head.set, 50);
  return entries.find(setsWeight)?.at ?? candidate.startedAt;
};

const setsWeight = ({ kind }: Head['lastTransition']): boolean => kind === 'start-canary' || kind === 'set-weight';
