import type { ReleaseId } from '../words/digest.ts';
import type { PromotionId } from '../words/ids.ts';
import type { Timestamp } from '../words/time.ts';
import type { HistoryEntry } from './head.ts';

export interface DeploymentFacts {
  /** Of one version set, oldest first, from its first revision. */
  readonly entries: readonly HistoryEntry[];
  /** When each promotion was asked for. */
  readonly askedAt: ReadonlyMap<PromotionId, Timestamp>;
  /** When each decision was made, by the key that entries name as their evidence. */
  readonly decidedAt: ReadonlyMap<string, Timestamp>;
  readonly from: Timestamp;
  readonly to: Timestamp;
}

export interface Spread {
  readonly count: number;
  readonly medianSeconds: number;
  readonly maxSeconds: number;
}

/** How a version set is deployed to (S16). Rates are 0 to 1, `null` when there is nothing to measure yet. Drills count in nothing. */
export interface DeploymentMetrics {
  readonly promoted: number;
  /** Ended without becoming stable. */
  readonly aborted: number;
  /** Left again after they had become stable. */
  readonly rolledBack: number;
  /** Times that half of the callers went to last-good until a comparison had decided. */
  readonly suspected: number;
  readonly promotedPerWeek: number;
  /** Promoted among all that ended. */
  readonly successRate: number | null;
  /** Rolled back among all promoted. */
  readonly rollbackRate: number | null;
  /** From asking to the candidate's first caller: everything but the bake. */
  readonly deploymentTime: Spread | null;
  /** From the decision to the flip of aborts and roll-backs. */
  readonly rollbackTime: Spread | null;
  /** Releases that new callers can meet now. */
  readonly activeVersions: number;
  /** Since the present stable release became stable. */
  readonly stableAgeSeconds: number | null;
  /** Share of new callers over the window, by the weights that stood; sums to 1. */
  readonly trafficShare: readonly { readonly release: ReleaseId; readonly share: number }[];
}

export const deploymentMetrics = (facts: DeploymentFacts): DeploymentMetrics => {
  const { entries, askedAt, decidedAt, from, to } = facts;
  const inWindow = entries.filter(({ at, drill, kind }) => from <= at && at < to && !drill && kind !== 'restore');
  const promoted = inWindow.filter(({ kind }) => kind === 'promote');
  const aborted = inWindow.filter((entry) => entry.kind !== 'promote' && losesCandidate(entry));
  const rolledBack = inWindow.filter((entry) => entry.kind === 'roll-back' && entry.from?.stable !== entry.to.stable);
  const starts = inWindow.filter(({ kind }) => kind === 'start-canary');
  const ended = promoted.length + aborted.length;
  const last = entries.findLast(({ at }) => at < to);
  return {
    promoted: promoted.length,
    aborted: aborted.length,
    rolledBack: rolledBack.length,
    suspected: inWindow.filter(({ kind }) => kind === 'suspect').length,
    promotedPerWeek: promoted.length / Math.max(seconds(from, to) / secondsPerWeek, Number.MIN_VALUE),
    successRate: ended === 0 ? null : promoted.length / ended,
    rollbackRate: promoted.length === 0 ? null : rolledBack.length / promoted.length,
    deploymentTime: spread(starts.map((entry) => since(entry.promotionId && askedAt.get(entry.promotionId), entry.at))),
    rollbackTime: spread(
      [...new Set([...aborted, ...rolledBack])].map(({ evidence, at }) =>
        since(evidence && decidedAt.get(evidence), at),
      ),
    ),
    activeVersions: last === undefined ? 0 : last.to.weightPercent > 0 ? 2 : 1,
    stableAgeSeconds: stableSince(entries, to),
    trafficShare: trafficShare(entries, from, to),
  };
};

const secondsPerWeek = 7 * 86_400;

const seconds = (from: Timestamp, to: Timestamp): number => (Date.parse(to) - Date.parse(from)) / 1_000;

/** Clocks of different machines differ a little; a time is never below zero. */
const since = (from: Timestamp | undefined, to: Timestamp): number | undefined =>
  from === undefined || from === '' ? undefined : Math.max(0, seconds(from, to));

const losesCandidate = ({ from, to }: HistoryEntry): boolean =>
  from?.candidate !== undefined && to.candidate === undefined;

const spread = (values: readonly (number | undefined)[]): Spread | null => {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const medianSeconds = sorted[Math.floor((sorted.length - 1) / 2)];
  const maxSeconds = sorted.at(-1);
  if (medianSeconds === undefined || maxSeconds === undefined) return null;
  return { count: sorted.length, medianSeconds, maxSeconds };
};

const stableSince = (entries: readonly HistoryEntry[], to: Timestamp): number | null => {
  const became = entries.findLast((entry) => entry.at < to && entry.from?.stable !== entry.to.stable);
  return became === undefined ? null : seconds(became.at, to);
};

/** Each entry's placement stands until the next one. */
const trafficShare = (
  entries: readonly HistoryEntry[],
  from: Timestamp,
  to: Timestamp,
): DeploymentMetrics['trafficShare'] => {
  const weights = new Map<ReleaseId, number>();
  const add = (release: ReleaseId, weight: number) => weights.set(release, (weights.get(release) ?? 0) + weight);
  entries.forEach(({ at, to: { stable, candidate, holdback, weightPercent } }, index) => {
    const begins = at > from ? at : from;
    const next = entries[index + 1]?.at ?? to;
    const stood = seconds(begins, next < to ? next : to);
    if (stood <= 0) return;
    add(stable, stood * (1 - weightPercent / 100));
    const second = candidate ?? holdback;
    if (second !== undefined) add(second, (stood * weightPercent) / 100);
  });
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  return [...weights]
    .filter(([, weight]) => weight > 0)
    .map(([release, weight]) => ({ release, share: weight / total }))
    .sort((a, b) => b.share - a.share);
};
