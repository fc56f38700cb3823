import { type Clock, timestampOf } from '#core/clock.ts';
import type { ReleaseEvidence } from '#core/evidence/release-evidence.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import { asReason } from '#core/words/reason.ts';
import { pageStable, type PageStablePorts } from '../paging/page-stable.ts';

export interface RollBackStablePorts extends PageStablePorts {
  readonly heads: Pick<HeadStore, 'apply'>;
  readonly evidence: Pick<ReleaseEvidence, 'quarantine'>;
  readonly clock: Clock;
  readonly by: string;
}

/** Goes back from stable to last-good, bars the release, tells people. A head that has moved since keeps its place. */
export const rollBackStable =
  (ports: RollBackStablePorts) =>
  async (head: Head, why: string): Promise<void> => {
    const { heads, evidence, clock, log, by } = ports;
    const { service, set, stable, revision } = head;
    const reason = asReason(why);
    const command = { kind: 'roll-back', from: stable, reason, expectedRevision: revision } as const;
    const result = await heads.apply(service, set, command, { by, at: new Date(clock.now()) });
    if (result.kind !== 'moved') {
      const refusal = result.kind === 'refused' ? result.reason : 'it had been flipped';
      log.warn('breaker-did-not-flip', { reason: refusal });
      return;
    }
    await evidence.quarantine(stable, { reason, at: timestampOf(clock.now()), by });
    log.warn('stable-rolled-back', { service, set, release: stable, reason: why });
    const now = result.head.stable;
    await pageStable(ports)({ kind: 'rolled-back', service, set, reason: why, unhealthy: stable, stable: now });
  };
