import { randomBytes } from 'node:crypto';
import { openTable } from '#aws/dynamodb.ts';
import { hostStore } from '#aws/host-store.ts';
import { keySource } from '#aws/secrets.ts';
import { LastgoodError } from '#core/errors.ts';
import { lambdaHandler } from '#lambdas/entrance/handler.ts';
import { placeProbe } from '#callers/probe-call.ts';
import { type ProbePorts, probeRelease } from './probe-release.ts';
import { type Probed, Promotion } from '#core/promotion/steps.ts';

/** Places a synthetic call through the candidate before any caller meets it; a release that stays silent goes no further. */
export const probePool =
  (ports: ProbePorts) =>
  async (promotion: Promotion): Promise<Probed> => {
    const result = await probeRelease(ports)(promotion);
    switch (result.kind) {
      case 'spoke':
        return { hostId: result.hostId, firstAudioMs: result.firstAudioMs };
      case 'no-host':
        throw new LastgoodError('pool-not-ready', 'the pool has no host that takes calls any more', {
          retryable: true,
        });
      case 'silent':
        throw new LastgoodError(
          'pool-not-ready',
          `no synthetic call through the release succeeded: ${result.failures.join('; ')}`,
        );
    }
  };

export const handler = lambdaHandler('probe-pool', Promotion, ({ connection, environment, now }) =>
  probePool({
    hosts: hostStore(openTable(connection, environment.HOSTS_TABLE)),
    // A probe has no use for the telephony secret and no permission to read it.
    sessionKey: keySource(connection, { sessionKey: environment.SESSION_KEY_SECRET, telephony: '' }).sessionKey,
    place: placeProbe,
    now,
    random: () => randomBytes(16),
  }),
);
