import { CreateStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, connect } from '#aws/connection.ts';
import { executions } from '#aws/executions.ts';
import { systemClock } from '#core/clock.ts';
import { planByName } from '#core/canary/plans.ts';
import { OrgName, ServiceName } from '#core/words/names.ts';
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
});
