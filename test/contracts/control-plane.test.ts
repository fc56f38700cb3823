import {
  CreateClusterCommand,
  ECSClient,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { CreateStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, connect } from '#aws/connection.ts';
import { pools } from '#aws/pools.ts';
import { executions } from '#aws/executions.ts';
import { systemClock } from '#core/clock.ts';
import { planByName } from '#core/canary/plans.ts';
import { OrgName, ServiceName } from '#core/words/names.ts';
import { poolName, resourceNames } from '#core/org/resource-names.ts';
import { VersionLabel } from '#core/release/version-label.ts';
import { type PromotionInput, promotionIdOf } from '#core/promotion/promotion-input.ts';
import { type Cloud, startCloud } from '#local/cloud.ts';
import { productionSet, release } from '../core/version-set/build.ts';

const projectRoot = new URL('../../', import.meta.url).pathname;
const service = ServiceName.parse('appointments');

let cloud: Cloud | undefined;
let connection: Connection;
beforeAll(async () => {
  if (process.env['AWS_ENDPOINT_URL'] === undefined) {
    cloud = await startCloud({ port: 0, projectRoot });
    process.env['AWS_ENDPOINT_URL'] = cloud.endpoint;
  }
  process.env['AWS_ACCESS_KEY_ID'] ??= '666666666666';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
  connection = connect({ region: 'us-east-1', clock: systemClock, random: Math.random });
});
afterAll(async () => {
  connection.close();
  if (cloud) delete process.env['AWS_ENDPOINT_URL'];
  await cloud?.close();
});

describe('executions of promotions', () => {
  const inputOf = (attempt: number): PromotionInput => {
    const what = { org: OrgName.parse('acme'), service, set: productionSet, release: release('b'), attempt };
    return {
      ...what,
      promotionId: promotionIdOf(what),
      version: VersionLabel.parse('1.1'),
      plan: planByName('tour'),
      requestedBy: 'ci:deploy',
      continuation: 0,
    };
  };
  const machine = async (name: string, states: object, StartAt: string) => {
    const definition = JSON.stringify({ StartAt, States: states });
    const created = await connection
      .client(SFNClient)
      .send(new CreateStateMachineCommand({ name, definition, roleArn: 'arn:aws:iam::666666666666:role/lastgood' }));
    return executions(connection, created.stateMachineArn ?? '');
  };
  const waiting = { Analyze: { Type: 'Wait', Seconds: 600, End: true } };

  test('the same start twice is one execution (S3), and says where it is', async () => {
    const executions = await machine('promotion-twice', waiting, 'Analyze');
    const input = inputOf(1);
    const first = await executions.start(input);
    expect(await executions.start({ ...input })).toEqual(first);
    await expect.poll(() => executions.describe(input)).toMatchObject({ status: 'running' });
    await expect.poll(() => executions.statesEntered(input)).toEqual(['Analyze']);
    await executions.stop(input, 'test over');
    await expect.poll(async () => (await executions.describe(input))?.status).toBe('stopped');
  });

  test('another plan under the same name, or a start after the end, is refused with what to do', async () => {
    const executions = await machine('promotion-over', { Notify: { Type: 'Succeed' } }, 'Notify');
    const input = inputOf(2);
    await executions.start(input);
    await expect.poll(async () => (await executions.describe(input))?.status).toBe('succeeded');
    await expect(executions.start({ ...input, plan: planByName('standard') })).rejects.toMatchObject({
      code: 'transition-refused',
      message: expect.stringMatching(/attempt 2 .* exists already.*start attempt 3/),
    });
  });

  test('a failure keeps its name and cause', async () => {
    const executions = await machine(
      'promotion-fails',
      { Abort: { Type: 'Fail', Error: 'pool-not-ready', Cause: 'no host' } },
      'Abort',
    );
    const input = inputOf(3);
    await executions.start(input);
    await expect
      .poll(() => executions.describe(input))
      .toMatchObject({ status: 'failed', problem: 'pool-not-ready: no host', endedAt: expect.any(Date) });
  });

  test('what was never started is not there', async () => {
    const executions = await machine('promotion-none', waiting, 'Analyze');
    expect(await executions.describe(inputOf(4))).toBeUndefined();
  });
});

describe('pools of hosts', () => {
  const cluster = 'contract-pools';
  const network = { subnets: ['subnet-1'], securityGroup: 'sg-1' };
  /** Stays until it is told to go, as a host does. */
  const stays = ['node', '-e', 'setInterval(() => {}, 1000); process.on("SIGTERM", () => process.exit(0))'];

  beforeAll(async () => {
    const ecs = connection.client(ECSClient);
    await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: resourceNames.hostTaskFamily,
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        cpu: '256',
        memory: '512',
        containerDefinitions: [
          {
            name: 'host',
            image: 'lastgood',
            command: stays,
            essential: true,
            environment: [
              { name: 'SERVICE', value: 'to be filled in' },
              { name: 'CLUSTER', value: cluster },
            ],
          },
        ],
      }),
    );
  });

  test('a pool is made once, grows, and goes only when nothing runs in it any more', async () => {
    const all = pools(connection, cluster);
    const id = release('pool');
    expect(await all.describe(service, id)).toBeUndefined();
    await all.ensure(service, id, { ...network, hosts: 1 });
    await all.ensure(service, id, { ...network, hosts: 1 });
    await expect.poll(() => all.describe(service, id), { timeout: 20_000 }).toMatchObject({ desired: 1, running: 1 });
    await all.ensure(service, id, { ...network, hosts: 2 });
    await expect.poll(() => all.describe(service, id), { timeout: 20_000 }).toMatchObject({ desired: 2, running: 2 });
    await all.ensure(service, id, { ...network, hosts: 1 });
    expect(await all.describe(service, id)).toMatchObject({ desired: 2 });
    expect(await all.list(service)).toEqual([poolName(service, id)]);
    expect(await all.retire(service, id)).toBe('draining');
    await expect.poll(() => all.retire(service, id), { timeout: 20_000, interval: 200 }).toBe('gone');
    expect(await all.retire(service, id)).toBe('gone');
    await expect.poll(() => all.list(service), { timeout: 20_000 }).toEqual([]);
  });

  test('each pool has a task definition of its own, made from the base, which stays as it is', async () => {
    const all = pools(connection, cluster);
    const id = release('definition');
    await all.ensure(service, id, { ...network, hosts: 1 });
    const definitions = await connection.client(ECSClient).send(new ListTaskDefinitionsCommand({}));
    const families = (definitions.taskDefinitionArns ?? []).map((arn) => arn.split('/').at(-1));
    expect(families).toContain(`${poolName(service, id)}:1`);
    expect(families.filter((family) => family?.startsWith(`${resourceNames.hostTaskFamily}:`))).toEqual([
      `${resourceNames.hostTaskFamily}:1`,
    ]);
    await expect.poll(() => all.retire(service, id), { timeout: 20_000, interval: 200 }).toBe('gone');
  });
});
