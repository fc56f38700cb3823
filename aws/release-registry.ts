import { BatchGetCommand, GetCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';
import { Manifest } from '#core/release/manifest.ts';
import {
  type RegisteredRelease,
  type Registration,
  type ReleaseRegistry,
  ReleaseSummary,
} from '#core/release/release-registry.ts';
import type { ReleaseStanding } from '#core/version-set/command.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { digestOf, shortId } from '#core/words/digest.ts';
import type { ServiceName } from '#core/words/names.ts';
import { putOnce, queryItems, type Table } from './dynamodb.ts';

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
      const text = await getManifestText(registry, releaseId);
      if (text !== undefined) return text;
      throw new LastgoodError('not-found', `release ${releaseId} is not registered in ${registry.name}; publish it`);
    },
    list,
    resolve: async (service, name) => {
      const id = await findId(service, name, await list(service));
      const release = await get(id);
      if (release) return release;
      throw new LastgoodError(
        'not-found',
        `version ${name} of ${service} was reserved for release ${shortId(id)}, whose publish did not finish; publish it again`,
      );
    },
    standing: (releaseId) => releaseStanding(registry, releaseId),
  };
};

const register: (registry: Table, registration: Registration) => ReturnType<ReleaseRegistry['register']> = async (
  registry,
  registration,
) => {
  const { releaseId, manifest: text, publishedAt, publishedBy } = registration;
  if (digestOf(text) !== String(releaseId))
    throw new LastgoodError(
      'digest-mismatch',
      `the manifest has digest ${digestOf(text)}, not ${releaseId}; a release is named by its own canonical manifest`,
    );
  const manifest = parseManifest(text, releaseId);
  const { service, version } = manifest;
  const summary = { releaseId, service, version, publishedAt, publishedBy };
  // The label first: a crash in between reserves a label, and the same publish again completes it. The other way round
  // a registered release could be left without a label.
  const labelKey = keys.version(service, version);
  if (!(await putOnce(registry, { ...labelKey, ...summary }))) {
    const owner = parseSummary(await getItem(registry, labelKey), `version ${version} of ${service}`);
    if (owner.releaseId !== releaseId)
      throw new LastgoodError(
        'version-taken',
        `version ${version} of ${service} is release ${shortId(owner.releaseId)} since ${owner.publishedAt}, ` +
          `so it cannot be ${shortId(releaseId)}; releases never change: choose another version`,
      );
  }
  const isNew = await putOnce(registry, { ...keys.manifest(releaseId), ...summary, manifest: text });
  const release = isNew ? { ...summary, manifest } : await getRelease(registry, releaseId);
  if (release) return { isNew, release };
  throw new LastgoodError('internal', `release ${releaseId} was registered and then gone`);
};

const parseManifest = (text: string, releaseId: string): Manifest => {
  try {
    return parseOrThrow(Manifest, JSON.parse(text), `the manifest of release ${shortId(releaseId)}`);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new LastgoodError('invalid-input', `the manifest of release ${shortId(releaseId)} is not JSON`, {
        cause: error,
      });
    throw error;
  }
};

const parseSummary = (item: unknown, what: string): ReleaseSummary =>
  parseOrThrow(ReleaseSummary, item, `the stored ${what}`, 'internal');

const getItem = async ({ documents, name }: Table, key: { pk: string; sk: string }) =>
  (await documents.send(new GetCommand({ TableName: name, Key: key, ConsistentRead: true }))).Item;

const getRelease = async (registry: Table, releaseId: ReleaseId): Promise<RegisteredRelease | undefined> => {
  const item = await getItem(registry, keys.manifest(releaseId));
  if (item === undefined) return undefined;
  const text = parseOrThrow(z.string(), item['manifest'], `the stored manifest of ${releaseId}`, 'internal');
  return { ...parseSummary(item, `release ${releaseId}`), manifest: parseManifest(text, releaseId) };
};

const getManifestText = async (registry: Table, releaseId: ReleaseId): Promise<string | undefined> => {
  const item = await getItem(registry, keys.manifest(releaseId));
  return item && parseOrThrow(z.string(), item['manifest'], `the stored manifest of ${releaseId}`, 'internal');
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
  for await (const item of labels) found.push(parseSummary(item, `version of ${service}`));
  // Labels sort as text ("1.10" before "1.9"), so the time of publishing orders the list.
  return found.sort((a, b) => (a.publishedAt < b.publishedAt ? 1 : -1)).slice(0, limit);
};

const findId = (service: string, name: string, all: readonly ReleaseSummary[]): ReleaseId => {
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
  if (Object.keys(answer.UnprocessedKeys ?? {}).length > 0)
    throw new LastgoodError('aws-failed', `the table ${name} is too busy to read release ${shortId(releaseId)}`, {
      retryable: true,
    });
  const items = answer.Responses?.[name] ?? [];
  const quarantine = items.find((item) => item['sk'] === 'QUARANTINE');
  if (quarantine && quarantine['overriddenAt'] === undefined) return 'quarantined';
  return items.some((item) => item['sk'] === 'MANIFEST') ? 'registered' : 'unknown';
};
