import { DeleteServiceCommand, ECSClient } from '@aws-sdk/client-ecs';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect } from 'vitest';
import { alarmReader } from '#aws/alarms.ts';
import { artifactStore } from '#aws/artifact-store.ts';
import { callRecords } from '#aws/call-records.ts';
import { headItems } from '#aws/head-items.ts';
import { headKey, revisionKey } from '#aws/head-keys.ts';
import { headStore } from '#aws/head-store.ts';
import { history } from '#aws/history.ts';
import { edgeStore, hostStore } from '#aws/host-store.ts';
import { judgeStateStore } from '#aws/judge-state-store.ts';
import { metricReader, metricSink } from '#aws/metrics.ts';
import { openSessions } from '#aws/open-sessions.ts';
import { executions } from '#aws/executions.ts';
import { outbox } from '#aws/outbox.ts';
import { pageLog } from '#aws/page-log.ts';
import { pager } from '#aws/pages.ts';
import { pools } from '#aws/pools.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { releaseEvidence } from '#aws/release-evidence.ts';
import { releaseRegistry } from '#aws/release-registry.ts';
import { keySource } from '#aws/secrets.ts';
import { sessionStore } from '#aws/session-store.ts';
import { tenancyStore } from '#aws/tenancy-store.ts';
import { artifactBucketName, poolName, resourceNames } from '#core/org/resource-names.ts';
import { awsAdaptersContract } from './aws-adapters.ts';
import { type OrgCloud, startOrgCloud } from './org-cloud.ts';
import { everyPortContract } from './ports/every-port.ts';
import type { Doors, PortsUnderTest } from './ports/ports-under-test.ts';

let cloud: OrgCloud;
let ports: PortsUnderTest;
beforeAll(async () => {
  cloud = await startOrgCloud();
  ports = openPorts(cloud);
});
afterAll(() => cloud.stop());

const openPorts = ({ org, connection, tables }: OrgCloud): PortsUnderTest => {
  const { registry, tenancy, sessions, hosts } = tables;
  const { cluster, sessionKeySecret, telephonySecret, promotionStateMachine, pagesTopic } = resourceNames;
  const arn = (service: string, name: string) => `arn:aws:${service}:${org.region}:${org.account}:${name}`;
  const running = executions(connection, arn('states', `stateMachine:${promotionStateMachine}`));
  return {
    headItems: headItems(registry),
    heads: headStore(registry),
    history: history(registry),
    outbox: outbox(registry),
    releases: releaseRegistry(registry),
    evidence: releaseEvidence(registry),
    promotions: promotionStore(registry),
    judgeStates: judgeStateStore(registry),
    executions: running,
    artifacts: artifactStore(connection, artifactBucketName(org.account, org.region)),
    sessions: sessionStore(sessions),
    openSessions: openSessions(sessions),
    calls: callRecords(sessions),
    tenancy: tenancyStore(tenancy),
    hosts: hostStore(hosts),
    edges: edgeStore(hosts),
    pools: pools(connection, cluster),
    pager: pager(connection, arn('sns', pagesTopic)),
    pageLog: pageLog(registry),
    alarms: alarmReader(connection),
    metrics: { ...metricSink(connection), ...metricReader(connection) },
    keys: keySource(connection, { sessionKey: sessionKeySecret, telephony: telephonySecret }),
    doors: doorsOf(cloud, running),
    now: () => Date.now(),
  };
};

const doorsOf = ({ org, connection, tables }: OrgCloud, executions: PortsUnderTest['executions']): Doors => ({
  removeEntry: async (service, set, revision) => {
    const { documents, name: TableName } = tables.registry;
    await documents.send(new DeleteCommand({ TableName, Key: revisionKey(service, set, revision) }));
  },
  plantHead: async (head) => {
    const { documents, name: TableName } = tables.registry;
    const Item = { ...headKey(head.service, head.set), head, revision: head.revision };
    await documents.send(new PutCommand({ TableName, Item }));
  },
  plantSession: async (session) => {
    const { documents, name: TableName } = tables.sessions;
    const { sessionId, service, set, startedAt } = session.assignment;
    const keys = { pk: `SESSION#${sessionId}`, sk: 'RECORD', gsi1pk: `${service}#${set}`, startedAt };
    const Item = { ...session, ...keys, gsi1sk: `${startedAt}#${sessionId}` };
    await documents.send(new PutCommand({ TableName, Item }));
  },
  spoilState: async (comparisonId) => {
    const { documents, name: TableName } = tables.registry;
    const Item = { pk: `COMPARISON#${comparisonId}`, sk: 'JUDGE', version: 1, state: new Uint8Array([31, 139, 8]) };
    await documents.send(new PutCommand({ TableName, Item }));
  },
  plantArtifact: async (digest, bytes) => {
    const Bucket = artifactBucketName(org.account, org.region);
    await connection.client(S3Client).send(new PutObjectCommand({ Bucket, Key: `sha256/${digest}`, Body: bytes }));
  },
  plantOverlay: async (key, overlayVersion) => {
    const { documents, name: TableName } = tables.tenancy;
    const { service, version } = overlayVersion;
    const Item = { pk: `CUSTOMER#${key}`, sk: `OVERLAY#${service}#CURRENT`, overlayVersion, version };
    await documents.send(new PutCommand({ TableName, Item }));
  },
  deletePool: async (service, release) => {
    const deleted = { cluster: resourceNames.cluster, service: poolName(service, release), force: true };
    await connection.client(ECSClient).send(new DeleteServiceCommand(deleted));
  },
  endExecution: async (input) => {
    const ended = async () => (await executions.describe(input))?.status !== 'running';
    await expect.poll(ended, { timeout: 120_000, interval: 250 }).toBe(true);
  },
});

everyPortContract(() => ports);
awsAdaptersContract(() => cloud);
