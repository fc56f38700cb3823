import { z } from 'zod';
import { decisionRecord } from '#core/canary/decision.ts';
import { saidAfterPromotion } from '#core/canary/holdback-plan.ts';
import type { CanaryPlan } from '#core/canary/plan.ts';
import type { Clock } from '#core/clock.ts';
import type { Log } from '#core/log.ts';
import { providerCause } from '#core/promotion/flip-cause.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import type { WatchAction } from '#core/promotion/watch-action.ts';
import type { ReleaseRegistry } from '#core/release/release-registry.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { Command } from '#core/version-set/command.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head, Holdback } from '#core/version-set/head.ts';
import { asReason } from '#core/words/reason.ts';
import type { Comparison } from '../canary/comparison.ts';
import type { Judgement } from '../canary/judge.ts';

export interface MoveWatchedPorts {
  readonly heads: Pick<HeadStore, 'apply'>;
  readonly promotions: Pick<PromotionStore, 'decide'>;
  readonly releases: Pick<ReleaseRegistry, 'get'>;
  readonly sessions: Pick<SessionStore, 'get'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly by: string;
}

/** A comparison of stable with its holdback, and what the judge says of it. */
export interface Compared extends Judgement {
  readonly comparison: Comparison;
}

/** What a move rests on. */
export interface Known {
  /** Of the promotion that brought stable. */
  readonly plan: CanaryPlan;
  readonly compared: Compared | undefined;
}

export type Move = Exclude<WatchAction, { kind: 'none' | 'page' }>;

/** Moves callers between stable and last-good with one write. What must follow stands in its history entry. */
export const moveWatched =
  (ports: MoveWatchedPorts) =>
  async (head: Head, holdback: Holdback, move: Move, known: Known): Promise<void> => {
    const command = await commandFor(ports, head, holdback, move, known);
    const { heads, clock, by, log } = ports;
    const { service, set, stable: release } = head;
    const result = await heads.apply(service, set, command, { by, at: new Date(clock.now()) });
    const fields = { service, set, release, move: move.kind };
    if (result.kind === 'refused') log.warn('watched-not-moved', { ...fields, reason: result.reason });
    else if (result.kind === 'moved') log.warn('watched-moved', { ...fields, reason: command.reason });
  };

type WatchCommand = Extract<Command, { kind: Move['kind'] }>;

const commandFor = async (
  ports: MoveWatchedPorts,
  head: Head,
  { comparisonId, promotionId }: Holdback,
  move: Move,
  known: Known,
): Promise<WatchCommand> => {
  const { compared } = known;
  const reason = asReason(move.reason);
  const decided = async () => {
    if (compared === undefined) return {};
    const { key } = await ports.promotions.decide(promotionId, decisionOf(compared, reason));
    return { evidence: key };
  };
  switch (move.kind) {
    case 'suspect':
      return { kind: 'suspect', comparisonId, outcomeWindowSeconds: known.plan.outcomeWindowMinutes * 60, reason };
    case 'end-holdback':
      return { kind: 'end-holdback', comparisonId, reason };
    case 'clear':
      return { kind: 'clear', comparisonId, reason, ...(await decided()) };
    case 'roll-back': {
      const cause = compared && (await causeOf(ports, head, compared));
      const evidence = await decided();
      if (cause === undefined) return { kind: 'roll-back', from: head.stable, quarantine: true, reason, ...evidence };
      const why = `${move.reason}; the failures are of the ${cause.part} provider ${cause.provider}, which last-good does not use (${cause.other}), so the release is not barred`;
      return { kind: 'roll-back', from: head.stable, reason: asReason(why), ...evidence };
    }
  }
};

const decisionOf = ({ comparison, analysis, verdict }: Compared, reason: string) => ({
  at: verdict.at,
  verdict: verdict.verdict,
  reason,
  record: z.json().parse({
    ...decisionRecord(comparison.plan, analysis, verdict, comparison.baseline),
    comparison: 'holdback',
  }),
});

/** What the newest bad calls of stable failed with. What cannot be read excuses nothing: stable was shown worse. */
const causeOf = async ({ sessions, releases, log }: MoveWatchedPorts, head: Head, { verdict }: Compared) => {
  try {
    const [stable, lastGood, ...records] = await Promise.all([
      releases.get(head.stable),
      releases.get(head.lastGood),
      ...verdict.exampleCallIds.map((id) => sessions.get(id)),
    ]);
    if (!stable || !lastGood) return undefined;
    const failures = records.map((record) => record?.result?.errorClass);
    return providerCause(failures, stable.manifest.model, lastGood.manifest.model);
  } catch (error) {
    log.error('flip-cause-unknown', { error: error instanceof Error ? error : String(error) });
    return undefined;
  }
};

/** The judge's verdict in the words that hold after a promotion. */
export const verdictAfterPromotion = ({ verdict }: Judgement) => ({
  verdict: verdict.verdict,
  reason: saidAfterPromotion(verdict.reason),
});
