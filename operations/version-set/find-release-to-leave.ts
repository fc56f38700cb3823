import { LastgoodError } from '#core/errors.ts';
import type { RegisteredRelease } from '#core/release/release-registry.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';

export interface FindReleaseToLeavePorts {
  readonly heads: Pick<HeadStore, 'read'>;
  /** By version, id or the beginning of an id. */
  readonly releases: {
    readonly resolve: (service: ServiceName, name: string) => Promise<Pick<RegisteredRelease, 'releaseId'>>;
  };
}

export interface ReleaseToLeave {
  readonly service: ServiceName;
  readonly set: SetName;
  /** `candidate`, `stable`, a version, an id or its beginning. @default - the candidate, or stable without one */
  readonly name?: string | undefined;
}

/**
 * The release that callers must leave. It is fixed before the head is written, so that a retry never goes back twice.
 * @throws LastgoodError `not-found` for a set without a release or a candidate, `unknown-name`
 */
export const findReleaseToLeave = async (
  { heads, releases }: FindReleaseToLeavePorts,
  { service, set, name }: ReleaseToLeave,
): Promise<ReleaseId> => {
  if (name !== undefined && name !== 'candidate' && name !== 'stable')
    return (await releases.resolve(service, name)).releaseId;
  const head = await heads.read(service, set);
  if (head === undefined)
    throw new LastgoodError('not-found', `${service}/${set} has no release yet, so there is nothing to roll back`);
  return pick(head, name);
};

const pick = ({ service, set, stable, candidate }: Head, name: 'candidate' | 'stable' | undefined): ReleaseId => {
  if (name === 'stable') return stable;
  if (candidate) return candidate.release;
  if (name === undefined) return stable;
  throw new LastgoodError('not-found', `${service}/${set} has no candidate; use --from stable to leave stable`);
};
