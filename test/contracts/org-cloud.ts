import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeTaskDefinitionCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { type Connection, connect } from '#aws/connection.ts';
import { type Table, openTable } from '#aws/dynamodb.ts';
import { systemClock } from '#core/clock.ts';
import type { Org } from '#core/org/org.ts';
import { resourceNames } from '#core/org/resource-names.ts';
import { OrgStage } from '#lib/stages/org-stage.ts';
import { type Cloud, startCloud } from '#local/cloud.ts';
import { anApp, anOrg } from '../lib/synth-org.ts';

/** One org's synthesized templates, deployed into an embedded cloud, and a connection into its account. */
export interface OrgCloud {
  readonly org: Org;
  readonly connection: Connection;
  readonly cloud: Cloud;
  readonly tables: Readonly<Record<'registry' | 'tenancy' | 'sessions' | 'hosts', Table>>;
  readonly stop: () => Promise<void>;
}

/**
 * Tables, indexes, bucket, secrets, topics, alarms, state machine and cluster are those of the templates. The functions are not
 * bundled unless asked for, so each of them fails when it is called; there are no edges, and a host is a process that does nothing.
 */
export const startOrgCloud = async (options: { readonly bundled?: boolean } = {}): Promise<OrgCloud> => {
  const org = anOrg();
  const assembly = await mkdtemp(join(tmpdir(), 'lastgood-contract-'));
  const app = anApp(assembly, options);
  const stage = new OrgStage(app, org.name, { org });
  app.synth();
  const cloud = await startCloud({ port: 0, projectRoot: new URL('../../', import.meta.url).pathname });
  process.env['AWS_ENDPOINT_URL'] = cloud.endpoint;
  await cloud.deploy(assembly);
  const connection = connect({
    region: stage.stateful.region,
    credentials: { accessKeyId: org.account, secretAccessKey: 'test' },
    clock: systemClock,
    random: Math.random,
  });
  await replacePrograms(connection.client(ECSClient));
  const { registryTable, tenancyTable, sessionsTable, hostsTable } = resourceNames;
  return {
    org,
    connection,
    cloud,
    tables: {
      registry: openTable(connection, registryTable),
      tenancy: openTable(connection, tenancyTable),
      sessions: openTable(connection, sessionsTable),
      hosts: openTable(connection, hostsTable),
    },
    stop: async () => {
      connection.close();
      delete process.env['AWS_ENDPOINT_URL'];
      await cloud.close();
      await rm(assembly, { recursive: true, force: true });
    },
  };
};

/** Runs until it is told to go, and then needs a moment. */
const idle = 'setInterval(() => {}, 1000); process.on("SIGTERM", () => setTimeout(() => process.exit(0), 500))';

/** The contract of pools is about tasks and their number, not about what a host does for a release. */
const replacePrograms = async (ecs: ECSClient): Promise<void> => {
  const { cluster, edgeService, hostTaskFamily } = resourceNames;
  await ecs.send(new UpdateServiceCommand({ cluster, service: edgeService, desiredCount: 0 }));
  const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: hostTaskFamily }));
  const { family, networkMode, requiresCompatibilities, cpu, memory, taskRoleArn, executionRoleArn } =
    taskDefinition ?? {};
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      networkMode,
      requiresCompatibilities,
      cpu,
      memory,
      taskRoleArn,
      executionRoleArn,
      containerDefinitions: (taskDefinition?.containerDefinitions ?? []).map((container) => ({
        ...container,
        command: ['node', '-e', idle],
      })),
    }),
  );
};
