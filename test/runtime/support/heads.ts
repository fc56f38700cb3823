import { digestOf, ReleaseId } from '#core/words/digest.ts';
import { PromotionId } from '#core/words/ids.ts';
import { CustomerId, OrgName, ServiceName, SetName } from '#core/words/names.ts';
import { Head } from '#core/version-set/head.ts';

export const org = OrgName.parse('acme');
export const service = ServiceName.parse('appointments');
export const set = SetName.parse('release');
export const customerId = CustomerId.parse('harbor');
export const releaseA = ReleaseId.parse(digestOf('release a'));
export const releaseB = ReleaseId.parse(digestOf('release b'));
export const promotionId = PromotionId.parse('0123456789abcdef0123456789abcdef');

export const comparisonId = PromotionId.parse('fedcba9876543210fedcba9876543210');

export interface HeadOptions {
  readonly revision?: number;
  readonly stable?: string;
  readonly candidate?: string;
  readonly weightPercent?: number;
  readonly exposureUntil?: string;
  /** Last-good, with a share of half of all callers. */
  readonly heldBack?: string;
}

/** A head as the store would give it. */
export const headOf = ({
  revision = 1,
  stable = releaseA,
  candidate,
  weightPercent = 100,
  exposureUntil = '2999-01-01T00:00:00.000Z',
  heldBack,
}: HeadOptions = {}): Head => {
  const at = '2026-01-05T09:00:00.000Z';
  return Head.parse({
    service,
    set,
    revision,
    stable,
    lastGood: heldBack ?? stable,
    ...(heldBack !== undefined && {
      holdback: {
        release: heldBack,
        promotionId,
        comparisonId,
        weightPercent: 50,
        startedAt: at,
        watchPercent: 50,
        until: exposureUntil,
      },
    }),
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
        ...(candidate !== undefined && { candidate }),
        weightPercent: candidate === undefined ? 0 : weightPercent,
      },
    },
  });
};
