import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { artifactStore } from '#aws/artifact-store.ts';
import { type Connection, connectToOrg } from '#aws/connection.ts';
import { openTable } from '#aws/dynamodb.ts';
import { headStore } from '#aws/head-store.ts';
import { history } from '#aws/history.ts';
import { edgeStore, hostStore } from '#aws/host-store.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { executions } from '#aws/executions.ts';
import { releaseEvidence } from '#aws/release-evidence.ts';
import { releaseRegistry } from '#aws/release-registry.ts';
import { keySource } from '#aws/secrets.ts';
import { sessionStore } from '#aws/session-store.ts';
import { LastgoodError } from '#core/errors.ts';
import { type Org, parseOrg } from '#core/org/org.ts';
import { artifactBucketName, resourceNames } from '#core/org/resource-names.ts';
import type { OrgStores } from '#operations/org-stores.ts';

/** An org's stores, reached as its operator role. */
export interface OrgAccess extends OrgStores {
  readonly connection: Connection;
}

/** Orgs of a folder with one `<name>.yaml` each, by name. */
const namesIn = async (directory: string): Promise<readonly string[]> => {
  const files = await readdir(directory).catch((cause: unknown) => {
    throw new LastgoodError('not-found', `there is no folder of orgs at ${directory}; give one with --orgs`, { cause });
  });
  return files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
};

/**
 * Reads an org's file.
 * @param name @default - the only org of the folder
 * @throws LastgoodError `unknown-name` with the names there are, `invalid-input`, `outside-zone`
 */
export const readOrg = async (name: string | undefined, directory: string): Promise<Org> => {
  const names = await namesIn(directory);
  const [only] = names;
  const wanted = name ?? (names.length === 1 ? only : undefined);
  if (wanted === undefined) {
    throw new LastgoodError('invalid-input', `name an org with --org; ${directory} has ${names.join(', ') || 'none'}`);
  }
  if (!names.includes(wanted)) {
    throw new LastgoodError(
      'unknown-name',
      `there is no org ${wanted}; ${directory} has ${names.join(', ') || 'none'}`,
    );
  }
  const source = join(directory, `${wanted}.yaml`);
  return parseOrg(parse(await readFile(source, 'utf8')), source);
};

/**
 * The org that `name` says, or every org of the folder.
 * @throws LastgoodError as `readOrg`; `not-found` when the folder has none
 */
export const readOrgs = async (name: string | undefined, directory: string): Promise<readonly Org[]> => {
  const names = name === undefined ? await namesIn(directory) : [name];
  if (names.length === 0) throw new LastgoodError('not-found', `the folder ${directory} has no org file <name>.yaml`);
  return Promise.all(names.map((one) => readOrg(one, directory)));
};

/** Opens an org's stores; nothing is asked for before the first use. Close with `connection.close()`. */
export const accessOrg = (org: Org): OrgAccess => {
  const connection = connectToOrg(org);
  const registry = openTable(connection, resourceNames.registryTable);
  const hosts = openTable(connection, resourceNames.hostsTable);
  return {
    org,
    connection,
    keys: keySource(connection, {
      sessionKey: resourceNames.sessionKeySecret,
      telephony: resourceNames.telephonySecret,
    }),
    heads: headStore(registry),
    history: history(registry),
    releases: releaseRegistry(registry),
    evidence: releaseEvidence(registry),
    promotions: promotionStore(registry),
    executions: executions(
      connection,
      `arn:aws:states:${org.region}:${org.account}:stateMachine:${resourceNames.promotionStateMachine}`,
    ),
    artifacts: artifactStore(connection, artifactBucketName(org.account, org.region)),
    sessions: sessionStore(openTable(connection, resourceNames.sessionsTable)),
    hosts: hostStore(hosts),
    edges: edgeStore(hosts),
  };
};
