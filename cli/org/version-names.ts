import type { ServiceName } from '#core/words/names.ts';
import { type ReleaseId, shortId } from '#core/words/digest.ts';
import type { OrgAccess } from './org-access.ts';

/** How a release is written for people: `1.4 (3f9c21ab04de)`. */
export type NameRelease = (release: ReleaseId) => string;

/** Reads the labels of a service once. A release without one keeps its id. */
export const versionNames = async (
  { releases }: Pick<OrgAccess, 'releases'>,
  service: ServiceName,
): Promise<NameRelease> => {
  const labels = new Map((await releases.list(service)).map(({ releaseId, version }) => [releaseId, version]));
  return (release) => {
    const label = labels.get(release);
    return label === undefined ? shortId(release) : `${label} (${shortId(release)})`;
  };
};
