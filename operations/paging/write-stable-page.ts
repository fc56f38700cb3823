import type { Page } from '#core/promotion/pager.ts';
import { renderStablePage, type StablePageKind } from '#core/promotion/stable-page.ts';
import type { ReleaseRegistry } from '#core/release/release-registry.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';

export interface WriteStablePagePorts {
  readonly releases: Pick<ReleaseRegistry, 'get'>;
  readonly org: string;
}

export interface StableCondition {
  readonly service: ServiceName;
  readonly set: SetName;
  /** What was found, with its numbers. */
  readonly reason: string;
  /** The stable release that it is about. */
  readonly release: ReleaseId;
}

export interface StablePageRequest extends StableCondition {
  readonly kind: StablePageKind;
  /** Where new calls go now. */
  readonly stable: ReleaseId;
  readonly quarantined: boolean;
  /** Where half of the new calls go, while the release is suspected. @default - all go to stable */
  readonly lastGood?: ReleaseId;
  /** The promotion that ended with it. @default - none ran */
  readonly ended?: string;
}

/** A page about a release that is or was stable. */
export const writeStablePage = async (
  { releases, org }: WriteStablePagePorts,
  request: StablePageRequest,
): Promise<Page> => {
  const named = async (release: ReleaseId) => ({
    release,
    version: (await releases.get(release))?.version ?? 'unknown',
  });
  const { release, lastGood: held, ...rest } = request;
  const [about, stable, lastGood] = await Promise.all([named(release), named(request.stable), held && named(held)]);
  return renderStablePage({ ...rest, org, about, stable, ...(lastGood && { lastGood }) });
};
