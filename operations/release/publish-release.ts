import type { OrgStores } from '../org-stores.ts';
import { type Clock, timestampOf } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import { serviceOf } from '#core/org/services.ts';
import type { ReleaseBuild, ReleasePart } from '#core/release/assemble.ts';
import { canonicalJson } from '#core/release/canonical.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { SetName } from '#core/words/names.ts';

/** What became of a publish; the same again gives `isNew: false` and moves nothing. */
export interface Publication {
  readonly release: ReleaseId;
  readonly service: string;
  readonly version: string;
  readonly publishedAt: string;
  readonly isNew: boolean;
  readonly parts: { readonly stored: number; readonly present: number };
  /** Where the set `edge` stands now. */
  readonly edge: { readonly release: ReleaseId; readonly revision: number; readonly moved: boolean };
}

export interface PublishOptions {
  /** A person or CI job, for the history. */
  readonly by: string;
  readonly clock: Clock;
  /** Parts done and parts in all. */
  readonly onPart?: (done: number, total: number) => void;
}

const uploadsAtOnce = 8;

/**
 * Stores the parts, registers the release, moves the set `edge`: in this order, so that a registered release is always
 * whole, and each step can be repeated after a crash.
 * @throws LastgoodError `unknown-name`, `version-taken`, `digest-mismatch`, `transition-refused`, `aws-failed`
 */
export const publishRelease = async (
  access: Pick<OrgStores, 'org' | 'artifacts' | 'releases' | 'heads'>,
  build: ReleaseBuild,
  { by, clock, onPart = () => undefined }: PublishOptions,
): Promise<Publication> => {
  const { manifest, id } = build;
  const service = serviceOf(access.org, manifest.service);
  const stored = await storeParts(access.artifacts, build.parts, onPart);
  const { isNew, release } = await access.releases.register({
    releaseId: id,
    manifest: canonicalJson(manifest),
    publishedAt: timestampOf(clock.now()),
    publishedBy: by,
  });
  const result = await access.heads.apply(
    service,
    SetName.parse('edge'),
    {
      kind: 'publish',
      release: id,
      publishedAt: release.publishedAt,
      reason: `version ${manifest.version} was published`,
    },
    { by, at: new Date(clock.now()) },
  );
  if (result.kind === 'refused') {
    throw new LastgoodError(
      'transition-refused',
      `release ${manifest.version} is registered, but the set edge of ${service} does not take it: ${result.reason}`,
      { details: { code: result.code } },
    );
  }
  const { head } = result;
  return {
    release: id,
    service,
    version: manifest.version,
    publishedAt: release.publishedAt,
    isNew,
    parts: { stored, present: build.parts.length - stored },
    edge: { release: head.stable, revision: head.revision, moved: result.kind === 'moved' },
  };
};

/** @returns how many were not there yet */
const storeParts = async (
  artifacts: OrgStores['artifacts'],
  parts: readonly ReleasePart[],
  onPart: (done: number, total: number) => void,
): Promise<number> => {
  let done = 0;
  let stored = 0;
  const waiting = parts.values();
  const worker = async (): Promise<void> => {
    for (const { bytes, mediaType } of waiting) {
      const { isNew } = await artifacts.put({ bytes, mediaType });
      done += 1;
      if (isNew) stored += 1;
      onPart(done, parts.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(uploadsAtOnce, parts.length) }, worker));
  return stored;
};
