import { LastgoodError } from '#core/errors.ts';
import type { RegisteredRelease } from '#core/release/release-registry.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
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
  /** `candidate`, `stable`, a version, an id or its beginning. @default - what the latest promotion brought: the head knows */
  readonly name?: string | undefined;
}

/**
 * The release that callers must leave. It is fixed before the head is written, so that a retry never goes back twice.
 * @returns undefined when no name was given
 * @throws LastgoodError `not-found` for a set without a release or a candidate, `unknown-name`
 */
export const findReleaseToLeave = async (
  { heads, releases }: FindReleaseToLeavePorts,
  { service, set, name }: ReleaseToLeave,
): Promise<ReleaseId | undefined> => {
  if (name === undefined) return undefined;
  if (name !== 'candidate' && name !== 'stable') return (await releases.resolve(service, name)).releaseId;
  const head = await heads.read(service, set);
  if (head === undefined)
    throw new LastgoodError('not-found', `${service}/${set} has no release yet, so there is nothing to roll back`);
  if (name === 'stable') return head.stable;
  if (head.candidate) return head.candidate.release;
  throw new LastgoodError('not-found', `${service}/${set} has no candidate; use --from stable to leave stable`);
};
