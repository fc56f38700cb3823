import { LastgoodError } from '#core/errors.ts';
import type { Quarantine } from '#core/evidence/release-evidence.ts';
import {
  checkedRegistration,
  findRelease,
  newestReleases,
  parseManifest,
  refuseTaken,
  unfinishedPublish,
} from '#core/release/registration.ts';
import type {
  RegisteredRelease,
  Registration,
  ReleaseRegistry,
  ReleaseSummary,
} from '#core/release/release-registry.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { ServiceName } from '#core/words/names.ts';
import { Items } from './items.ts';
import type { MemoryOptions } from './wire.ts';

/** Most versions of a service that one question reads. */
const maxVersions = 100_000;

interface RegisteredItem {
  readonly summary: ReleaseSummary;
  readonly manifest: string;
}

export interface MemoryRegistryOptions extends MemoryOptions {
  /** Of the same org's evidence: a release stands by both. */
  readonly quarantineOf: (releaseId: ReleaseId) => Promise<Quarantine | undefined>;
}

export const memoryReleaseRegistry = ({ quarantineOf, ...options }: MemoryRegistryOptions): ReleaseRegistry => {
  const labels = new Items<ReleaseSummary>({ name: 'versions', ...options });
  const releases = new Items<RegisteredItem>({ name: 'releases', ...options });
  const get = async (releaseId: ReleaseId) => {
    const item = await releases.get(releaseId);
    return item && { ...item.summary, manifest: parseManifest(item.manifest, releaseId) };
  };
  const list = async (service: ServiceName, limit = 1_000) =>
    newestReleases(await labels.list(`${service}#`, maxVersions), limit);
  return {
    register: (registration) => register(labels, releases, registration),
    get,
    manifestText: async (releaseId) => {
      const item = await releases.get(releaseId);
      if (item) return item.manifest;
      throw new LastgoodError('not-found', `release ${releaseId} is not registered in this memory; publish it`);
    },
    list,
    resolve: async (service, name) => {
      const id = findRelease(service, name, await list(service));
      const release = await get(id);
      if (release) return release;
      throw unfinishedPublish(service, name, id);
    },
    standing: async (releaseId) => {
      const barred = await quarantineOf(releaseId);
      if (barred && barred.overriddenAt === undefined) return 'quarantined';
      return (await releases.get(releaseId)) ? 'registered' : 'unknown';
    },
  };
};

/** The label first, as in the table: a label that is taken keeps its release, and a crash in between only reserves it. */
const register = async (
  labels: Items<ReleaseSummary>,
  releases: Items<RegisteredItem>,
  registration: Registration,
): Promise<{ readonly isNew: boolean; readonly release: RegisteredRelease }> => {
  const { summary, manifest } = checkedRegistration(registration);
  const { releaseId, service, version } = summary;
  const key = `${service}#${version}`;
  if (!(await labels.putOnce(key, summary))) refuseTaken((await labels.get(key)) ?? summary, summary);
  const isNew = await releases.putOnce(releaseId, { summary, manifest: registration.manifest });
  const first = isNew ? summary : ((await releases.get(releaseId))?.summary ?? summary);
  return { isNew, release: { ...first, manifest } };
};
