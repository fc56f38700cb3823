import { digestOf } from '#core/words/digest.ts';
import { Head } from '#core/version-set/head.ts';

export const releaseA = digestOf('release a');
export const releaseB = digestOf('release b');
export const promotionId = '0123456789abcdef0123456789abcdef';

export interface HeadOptions {
  readonly service?: string;
  readonly set?: string;
  readonly revision?: number;
  readonly stable?: string;
  readonly candidate?: string;
  readonly weightPercent?: number;
  readonly exposureUntil?: string;
}

/** A head as the store would give it. */
export const headOf = ({
  service = 'appointments',
  set = 'release',
  revision = 1,
  stable = releaseA,
  candidate,
  weightPercent = 100,
  exposureUntil = '2999-01-01T00:00:00.000Z',
}: HeadOptions = {}): Head => {
  const at = '2026-01-05T09:00:00.000Z';
  return Head.parse({
    service,
    set,
    revision,
    stable,
    lastGood: stable,
    ...(candidate === undefined
      ? {}
      : {
          candidate: {
            release: candidate,
            promotionId,
            weightPercent,
            startedAt: at,
            exposureUntil,
            fallbackWeightPercent: 0,
          },
        }),
    lastTransition: {
      revision,
      kind: candidate === undefined ? 'initialize' : 'start-canary',
      at,
      by: 'test',
      reason: 'test',
      to: {
        stable,
        ...(candidate === undefined ? {} : { candidate }),
        weightPercent: candidate === undefined ? 0 : weightPercent,
      },
    },
  });
};
