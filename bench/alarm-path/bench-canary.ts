import { planByName } from '#core/canary/plans.ts';
import type { Clock } from '#core/clock.ts';
import { timestampOf } from '#core/clock.ts';
import { VersionLabel } from '#core/release/version-label.ts';
import type { Command } from '#core/version-set/command.ts';
import type { Head } from '#core/version-set/head.ts';
import { digestOf, ReleaseId } from '#core/words/digest.ts';
import { PromotionId } from '#core/words/ids.ts';
import { OrgName, ServiceName, SetName } from '#core/words/names.ts';
import type { MemoryOrg } from '#memory/org.ts';

export const service = ServiceName.parse('appointments');
export const set = SetName.parse('release');
const promotionId = PromotionId.parse('1'.repeat(32));
const stable = ReleaseId.parse(digestOf('stable'));
const candidate = ReleaseId.parse(digestOf('candidate'));

/** A canary by the plan `standard` on an org in memory, moved by hand: nothing judges it but what a bench puts beside it. */
export interface BenchCanary {
  /** The first release of the set. */
  initialize(): Promise<void>;
  /** @param minutes that the exposure lasts */
  start(weightPercent: number, minutes: number): Promise<void>;
  setWeight(weightPercent: number): Promise<void>;
  head(): Promise<Head | undefined>;
}

export const benchCanary = (org: MemoryOrg, clock: Clock): BenchCanary => {
  const head = () => org.heads.read(service, set);
  const move = async (command: Command): Promise<void> => {
    const result = await org.heads.apply(service, set, command, { by: 'bench', at: new Date(clock.now()) });
    if (result.kind !== 'moved') throw new Error(`${command.kind} was ${result.kind}`);
  };
  return {
    head,
    initialize: () => move({ kind: 'initialize', release: stable, reason: 'first' }),
    start: async (weightPercent, minutes) => {
      const startedAt = timestampOf(clock.now());
      const exposureUntil = timestampOf(clock.now() + minutes * 60_000);
      const begin = { promotionId, release: candidate, weightPercent, exposureUntil, seenRevision: 1, reason: 'bench' };
      await move({ kind: 'start-canary', ...begin });
      await org.promotions.record({
        input: {
          promotionId,
          org: OrgName.parse('bench'),
          service,
          set,
          release: candidate,
          version: VersionLabel.parse('1.1'),
          plan: planByName('standard'),
          requestedBy: 'bench',
          attempt: 1,
          continuation: 0,
        },
        executionArn: 'arn:aws:states:bench',
        startedAt,
        incumbent: stable,
      });
    },
    setWeight: async (weightPercent) => {
      const seen = await head();
      if (!seen?.candidate) throw new Error('there is no candidate whose weight could be set');
      const { exposureUntil } = seen.candidate;
      const step = { weightPercent, exposureUntil, expectedRevision: seen.revision, reason: 'next step' };
      await move({ kind: 'set-weight', promotionId, ...step });
    },
  };
};
