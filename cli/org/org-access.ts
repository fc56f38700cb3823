import { artifactStore } from '#aws/artifact-store.ts';
import { callRecords } from '#aws/call-records.ts';
import { type Connection, connectToOrg } from '#aws/connection.ts';
import { openTable } from '#aws/dynamodb.ts';
import { headStore } from '#aws/head-store.ts';
import { history } from '#aws/history.ts';
import { edgeStore, hostStore } from '#aws/host-store.ts';
import { judgeStateStore } from '#aws/judge-state-store.ts';
import { metricReader } from '#aws/metrics.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { executions } from '#aws/executions.ts';
import { releaseEvidence } from '#aws/release-evidence.ts';
import { releaseRegistry } from '#aws/release-registry.ts';
import { keySource } from '#aws/secrets.ts';
import { sessionStore } from '#aws/session-store.ts';
import { systemClock } from '#core/clock.ts';
import type { Org } from '#core/org/org.ts';
import { artifactBucketName, resourceNames } from '#core/org/resource-names.ts';
import type { OrgStores } from '#operations/org-stores.ts';

/** An org's stores, reached as its operator role. */
export interface OrgAccess extends OrgStores {
  readonly connection: Connection;
}

/** Opens an org's stores; nothing is asked for before the first use. Close with `connection.close()`. */
export const accessOrg = (org: Org): OrgAccess => {
  const connection = connectToOrg(org, { clock: systemClock, random: Math.random });
  const registry = openTable(connection, resourceNames.registryTable);
  const hosts = openTable(connection, resourceNames.hostsTable);
  const sessions = openTable(connection, resourceNames.sessionsTable);
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
    sessions: sessionStore(sessions),
    calls: callRecords(sessions),
    judgeStates: judgeStateStore(registry),
    hosts: hostStore(hosts),
    edges: edgeStore(hosts),
    metrics: metricReader(connection),
  };
};

/** Runs with an org's stores, and closes them. */
export const withOrg = async <T>(org: Org, run: (access: OrgAccess) => Promise<T>): Promise<T> => {
  const access = accessOrg(org);
  try {
    return await run(access);
  } finally {
    access.connection.close();
  }
};
