import { LastgoodError } from '#core/errors.ts';
import type { Probed, Promotion } from '#core/promotion/steps.ts';
import { type ProbePorts, probeRelease } from './probe-release.ts';

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
