import { BatchGetCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';
import {
  checkedRegistration,
  findRelease,
  newestReleases,
  parseManifest,
  refuseTaken,
  unfinishedPublish,
} from '#core/release/registration.ts';
import {
  type RegisteredRelease,
  type Registration,
  type ReleaseRegistry,
  type ReleaseSummary,
  storedSummary,
} from '#core/release/release-registry.ts';
import type { ReleaseStanding } from '#core/version-set/command.ts';
import { type ReleaseId, shortId } from '#core/words/digest.ts';
import type { ServiceName } from '#core/words/names.ts';
import { type Item, type Key, putOnce, queryItems, recordIn, type Table } from './dynamodb.ts';

const keys = {
  manifest: (releaseId: string) => ({ pk: `RELEASE#${releaseId}`, sk: 'MANIFEST' }),
  quarantine: (releaseId: string) => ({ pk: `RELEASE#${releaseId}`, sk: 'QUARANTINE' }),
  version: (service: string, label: string) => ({ pk: `SERVICE#${service}`, sk: `VERSION#${label}` }),
};

export const releaseRegistry = (registry: Table): ReleaseRegistry => {
  const get = (releaseId: ReleaseId) => getRelease(registry, releaseId);
  const list = (service: ServiceName, limit = 1_000) => listReleases(registry, service, limit);
  return {
    register: (registration) => register(registry, registration),
    get,
    manifestText: async (releaseId) => {
      const item = await getItem(registry, keys.manifest(releaseId));
      if (item !== undefined) return manifestIn(item, releaseId);
      throw new LastgoodError('not-found', `release ${releaseId} is not registered in ${registry.name}; publish it`);
    },
    list,
    resolve: async (service, name) => {
      const id = findRelease(service, name, await list(service));
      const release = await get(id);
      if (release) return release;
      throw unfinishedPublish(service, name, id);
    },
    standing: (releaseId) => releaseStanding(registry, releaseId),
  };
};

const register = async (
  registry: Table,
  registration: Registration,
): Promise<{ readonly isNew: boolean; readonly release: RegisteredRelease }> => {
  const { summary, manifest } = checkedRegistration(registration);
  const { releaseId, service, version } = summary;
  // The label first: a crash in between reserves a label, and the same publish again completes it. The other way round
  // a registered release could be left without a label.
  const labelKey = keys.version(service, version);
  if (!(await putOnce(registry, { ...labelKey, ...summary })))
    refuseTaken(summaryIn((await getItem(registry, labelKey)) ?? {}, `version ${version} of ${service}`), summary);
  const isNew = await putOnce(registry, {
    ...keys.manifest(releaseId),
    ...summary,
    manifest: registration.manifest,
  });
  const release = isNew ? { ...summary, manifest } : await getRelease(registry, releaseId);
  if (release) return { isNew, release };
  throw new LastgoodError('internal', `release ${releaseId} was registered and then gone`);
};

const summaryIn = (item: Partial<Item>, what: string): ReleaseSummary =>
  storedSummary.read(recordIn(item, ['manifest']), `the stored ${what}`);

const manifestIn = (item: Partial<Item>, releaseId: ReleaseId): string =>
  parseOrThrow(z.string(), item['manifest'], `the stored manifest of ${releaseId}`, 'internal');

const getItem = async ({ documents, name }: Table, key: Key) =>
  (await documents.send(new GetCommand({ TableName: name, Key: key, ConsistentRead: true }))).Item;

const getRelease = async (registry: Table, releaseId: ReleaseId): Promise<RegisteredRelease | undefined> => {
  const item = await getItem(registry, keys.manifest(releaseId));
  if (item === undefined) return undefined;
  const manifest = parseManifest(manifestIn(item, releaseId), releaseId);
  return { ...summaryIn(item, `release ${releaseId}`), manifest };
};

const listReleases = async (registry: Table, service: string, limit: number): Promise<readonly ReleaseSummary[]> => {
  const found: ReleaseSummary[] = [];
  const labels = queryItems(
    registry,
    {
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :version)',
      ExpressionAttributeValues: { ':pk': `SERVICE#${service}`, ':version': 'VERSION#' },
      ConsistentRead: true,
    },
    { items: 100_000 },
  );
  for await (const item of labels) found.push(summaryIn(item, `version of ${service}`));
  return newestReleases(found, limit);
};

/** Whether a release may come before callers, in one read of at most two small items. */
export const releaseStanding = async ({ documents, name }: Table, releaseId: ReleaseId): Promise<ReleaseStanding> => {
  const answer = await documents.send(
    new BatchGetCommand({
      RequestItems: {
        [name]: {
          Keys: [keys.manifest(releaseId), keys.quarantine(releaseId)],
          ProjectionExpression: 'sk, overriddenAt',
          ConsistentRead: true,
        },
      },
    }),
  );
  if (Object.keys(answer.UnprocessedKeys ?? {}).length > 0) {
    throw new LastgoodError('aws-failed', `the table ${name} is too busy to read release ${shortId(releaseId)}`, {
      retryable: true,
    });
  }
  const items = answer.Responses?.[name] ?? [];
  const quarantine = items.find((item) => item['sk'] === 'QUARANTINE');
  if (quarantine && quarantine['overriddenAt'] === undefined) return 'quarantined';
  return items.some((item) => item['sk'] === 'MANIFEST') ? 'registered' : 'unknown';
};
