import type { Clock } from '#core/clock.ts';
import type { Log } from '#core/log.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import { asReason } from '#core/words/reason.ts';

export interface RollBackStablePorts {
  readonly heads: Pick<HeadStore, 'apply'>;
  readonly log: Log;
  readonly clock: Clock;
  readonly by: string;
}

/** Goes back from stable to last-good; that the release is barred and people are told follows from it. A head that has moved since keeps its place. */
export const rollBackStable =
  (ports: RollBackStablePorts) =>
  async (head: Head, why: string): Promise<void> => {
    const { heads, clock, log, by } = ports;
    const { service, set, stable, revision } = head;
    const reason = asReason(why);
    const command = { kind: 'roll-back', from: stable, reason, quarantine: true, expectedRevision: revision } as const;
    const result = await heads.apply(service, set, command, { by, at: new Date(clock.now()) });
    if (result.kind !== 'moved') {
      const refusal = result.kind === 'refused' ? result.reason : 'it had been flipped';
      log.warn('breaker-did-not-flip', { reason: refusal });
      return;
    }
    log.warn('stable-rolled-back', { service, set, release: stable, reason: why });
  };
