import { type Breaker, breakerAction, BreakerPolicy, createBreaker } from '#core/canary/breaker.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import { type ServiceSettings, settingsOf } from '#core/promotion/service-settings.ts';
import { stableBaseline } from '#core/promotion/stable-baseline.ts';
import type { WarmthStore } from '#core/promotion/warmth-store.ts';
import { healthOf } from '#core/promotion/warmth.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { Head } from '#core/version-set/head.ts';
import type { History } from '#core/version-set/history.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { type PageStablePorts, pageUnhealthy } from '../paging/page-unhealthy.ts';
import { rollBackStable, type RollBackStablePorts } from './roll-back-stable.ts';

export interface WatchStablePorts extends RollBackStablePorts, PageStablePorts {
  readonly history: Pick<History, 'list'>;
  readonly sessions: Pick<SessionStore, 'listByService'>;
  readonly promotions: Pick<PromotionStore, 'decisions'>;
  readonly warmth: Pick<WarmthStore, 'get'>;
  /** Asks for a synthetic call through last-good; its result is there when the next outcome comes. */
  readonly proveWarmth: () => Promise<void>;
  readonly services: ServiceSettings;
}

/** What a warm function remembers of one stable release. */
interface Watch {
  readonly release: ReleaseId;
  readonly breaker: Breaker;
  /** Calls that started before this were observed. */
  fromMs: number;
  /** Those of them that may come again, because reading overlaps. */
  readonly seen: Set<string>;
  /** When a proof of last-good was asked for, epoch milliseconds. */
  askedMs?: number;
}

/** A call that is still open holds back the later ones no longer than this. */
const settleMs = 600_000;
/** The index follows the table within about a second. */
const indexLagMs = 5_000;
/** A cold function looks back this far at most. */
const lookBackMs = 24 * 3_600_000;
/** A busy day is more than one invocation can read: it goes on with the next outcome, where it stopped. */
const readLimitMs = 15_000;

/**
 * Watches the stable release of a set against its own baseline (S11, X6). Drift goes back to last-good if that one has just
 * proven that it can take a call; everything else is for people.
 */
export const watchStable = (ports: WatchStablePorts) => {
  const watches = new Map<string, Watch>();
  return async (head: Head): Promise<void> => {
    const { service, set, stable } = head;
    const key = `${service}#${set}`;
    const known = watches.get(key);
    const watch = known?.release === stable ? known : await openWatch(ports, head);
    watches.set(key, watch);
    await observeNew(ports, head, watch);
    const tripped = watch.breaker.tripped();
    if (tripped.length === 0) return;
    const lastGoodDiffers = head.lastGood !== stable;
    const proof = lastGoodDiffers ? await ports.warmth.get(head.lastGood) : undefined;
    const lastGood = healthOf(proof, ports.clock.now());
    const action = breakerAction({ tripped, lastGood, lastGoodDiffers });
    if (action.kind === 'flip-to-last-good') return rollBackStable(ports)(head, action.reason);
    const needsProof = lastGoodDiffers && lastGood === 'unproven' && tripped.some(({ kind }) => kind === 'drifted');
    if (needsProof && (await waitsForProof(ports, watch))) return;
    if (action.kind === 'page') await pageUnhealthy(ports)({ service, set, reason: action.reason, release: stable });
  };
};

/** A proof takes a few seconds. Without one by then people must decide, and it is asked for again. */
const proofMs = 30_000;

const waitsForProof = async ({ proveWarmth, clock }: WatchStablePorts, watch: Watch): Promise<boolean> => {
  const nowMs = clock.now();
  if (watch.askedMs !== undefined && nowMs - watch.askedMs < proofMs) return true;
  const isFirst = watch.askedMs === undefined;
  await proveWarmth();
  watch.askedMs = nowMs;
  return isFirst;
};

const openWatch = async (ports: WatchStablePorts, head: Head): Promise<Watch> => {
  const promotionId = head.lastPromotion?.outcome === 'promoted' ? head.lastPromotion.promotionId : undefined;
  const decisions = promotionId === undefined ? [] : await ports.promotions.decisions(promotionId, 1);
  const { baselineErrorRate } = settingsOf(ports.services, head.service);
  const baseline = stableBaseline(baselineErrorRate, decisions[0]?.record);
  const sinceMs = Date.parse(await stableSince(ports.history, head));
  return {
    release: head.stable,
    breaker: createBreaker(BreakerPolicy.parse({}), baseline),
    fromMs: Math.max(sinceMs, ports.clock.now() - lookBackMs),
    seen: new Set(),
  };
};

/** When the release became stable: the newest entry after which nothing but weights and freezes came. */
const stableSince = async (history: Pick<History, 'list'>, head: Head): Promise<string> => {
  const entries = await history.list(head.service, head.set, 200);
  return entries.find(({ from, to }) => from?.stable !== to.stable)?.at ?? entries.at(-1)?.at ?? head.lastTransition.at;
};

/** Takes calls in order of their start, up to the first that is neither ended nor old enough to be settled, for a limited time. */
const observeNew = async (ports: WatchStablePorts, head: Head, watch: Watch): Promise<void> => {
  const nowMs = ports.clock.now();
  const range = { from: new Date(watch.fromMs), to: new Date(nowMs - indexLagMs) };
  if (range.from >= range.to) return;
  for await (const record of ports.sessions.listByService(head.service, head.set, range)) {
    const { sessionId, startedAt, release, probe, arm } = record.assignment;
    if (release !== watch.release || probe || arm !== 'stable' || watch.seen.has(sessionId)) continue;
    const startedMs = Date.parse(startedAt);
    if (record.result === undefined && nowMs - startedMs < settleMs) return;
    watch.breaker.observe(callOf(record));
    if (startedMs > watch.fromMs) watch.seen.clear();
    watch.fromMs = startedMs;
    watch.seen.add(sessionId);
    if (ports.clock.now() - nowMs > readLimitMs) return;
  }
};

const callOf = ({ result }: SessionRecord) => ({
  failed: result?.outcome === 'failed',
  escalated: result?.outcome === 'escalated',
  ...(result && { costUsd: result.costUsd }),
});
