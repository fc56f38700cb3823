import { LastgoodError } from '../errors.ts';
import { parseOrThrow } from '../parse.ts';
import { digestOf, type ReleaseId, shortId } from '../words/digest.ts';
import type { ServiceName } from '../words/names.ts';
import { Manifest } from './manifest.ts';
import { type Registration, type ReleaseSummary, storedSummary } from './release-registry.ts';

/**
 * What a registration says, once its manifest has been found to be the one that its id names.
 * @throws LastgoodError `digest-mismatch`, `invalid-input`
 */
export const checkedRegistration = ({
  releaseId,
  manifest: text,
  publishedAt,
  publishedBy,
}: Registration): { readonly summary: ReleaseSummary; readonly manifest: Manifest } => {
  if (digestOf(text) !== String(releaseId)) {
    throw new LastgoodError(
      'digest-mismatch',
      `the manifest has digest ${digestOf(text)}, not ${releaseId}; a release is named by its own canonical manifest`,
    );
  }
  const manifest = parseManifest(text, releaseId);
  const { service, version } = manifest;
  const summary = { releaseId, service, version, publishedAt, publishedBy };
  return { manifest, summary: storedSummary.write(summary, `the registration of ${version} of ${service}`) };
};

/** @throws LastgoodError `invalid-input` */
export const parseManifest = (text: string, releaseId: string): Manifest => {
  const what = `the manifest of release ${shortId(releaseId)}`;
  try {
    return parseOrThrow(Manifest, JSON.parse(text), what);
  } catch (error) {
    if (error instanceof SyntaxError) throw new LastgoodError('invalid-input', `${what} is not JSON`, { cause: error });
    throw error;
  }
};

/** @throws LastgoodError `version-taken` unless the label's owner is the release that asks for it (R4) */
export const refuseTaken = (owner: ReleaseSummary, { releaseId, version, service }: ReleaseSummary): void => {
  if (owner.releaseId === releaseId) return;
  throw new LastgoodError(
    'version-taken',
    `version ${version} of ${service} is release ${shortId(owner.releaseId)} since ${owner.publishedAt}, ` +
      `so it cannot be ${shortId(releaseId)}; releases never change: choose another version`,
  );
};

/**
 * The release among `all`, newest first, that people mean by a label, an id, or the beginning of an id.
 * @throws LastgoodError `unknown-name`
 */
export const findRelease = (service: ServiceName, name: string, all: readonly ReleaseSummary[]): ReleaseId => {
  const byLabel = all.find((release) => release.version === name);
  if (byLabel) return byLabel.releaseId;
  const byId = /^[0-9a-f]{8,64}$/.test(name) ? all.filter((release) => release.releaseId.startsWith(name)) : [];
  const [first, second] = byId;
  if (first && !second) return first.releaseId;
  const newest = all.slice(0, 10).map((release) => `${release.version} (${shortId(release.releaseId)})`);
  throw new LastgoodError(
    'unknown-name',
    second
      ? `${name} is the beginning of ${byId.length} releases of ${service}: ${byId.map((one) => one.releaseId).join(', ')}`
      : `${service} has no version or release "${name}"; the newest are ${newest.join(', ') || 'none: publish one first'}`,
  );
};

/** A label that was reserved, while the release behind it never came. */
export const unfinishedPublish = (service: ServiceName, name: string, releaseId: ReleaseId): LastgoodError =>
  new LastgoodError(
    'not-found',
    `version ${name} of ${service} was reserved for release ${shortId(releaseId)}, whose publish did not finish; publish it again`,
  );

/** Newest first. Labels sort as text ("1.10" before "1.9"), so the time of publishing orders the list. */
export const newestReleases = (all: readonly ReleaseSummary[], limit: number): readonly ReleaseSummary[] =>
  all.toSorted((a, b) => (a.publishedAt < b.publishedAt ? 1 : -1)).slice(0, limit);
