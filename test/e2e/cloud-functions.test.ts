import { InvokeCommand, LambdaClient, TooManyRequestsException } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cloud, startCloud } from '#local/cloud.ts';
import type { CloudLogEntry } from '#local/context.ts';
import { functionOf, isAlive, scope } from './cloud/bundle.ts';

let cloud: Cloud;
let lambda: LambdaClient;
const lines: CloudLogEntry[] = [];

beforeAll(async () => {
  cloud = await startCloud({ port: 0, projectRoot: process.cwd(), log: (entry) => lines.push(entry) });
  lambda = new LambdaClient({
    endpoint: cloud.endpoint,
    region: scope.region,
    credentials: { accessKeyId: scope.account, secretAccessKey: 'x' },
    maxAttempts: 1,
  });
});
afterAll(() => cloud.close());

const invoke = async (name: string, event: unknown = {}) => {
  const answer = await lambda.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }));
  return { error: answer.FunctionError, payload: JSON.parse(answer.Payload?.transformToString() ?? 'null') as unknown };
};
const pidsOf = (name: string): number[] =>
  cloud
    .processes()
    .filter((one) => one.name.endsWith(` ${name}`))
    .map(({ pid }) => pid);

describe('functions', () => {
  test('run an ESM bundle with their own environment, and stay warm', async () => {
    const source = `let calls = 0; export const handler = async (event, context) => ({
      event, calls: ++calls, table: process.env.TABLE, region: process.env.AWS_REGION, account: process.env.AWS_ACCESS_KEY_ID,
      endpoint: process.env.AWS_ENDPOINT_URL, name: context.functionName, left: context.getRemainingTimeInMillis() > 1000, secret: process.env.LEAK ?? null });`;
    process.env['LEAK'] = 'must stay with the cloud';
    await cloud.services.lambda.put(scope, functionOf('esm', source, { environment: { TABLE: 'registry' } }));
    const expected = {
      event: { a: 1 },
      table: 'registry',
      region: 'us-east-1',
      account: scope.account,
      endpoint: cloud.endpoint,
      name: 'esm',
      left: true,
      secret: null,
    };
    expect((await invoke('esm', { a: 1 })).payload).toEqual({ ...expected, calls: 1 });
    expect((await invoke('esm', { a: 1 })).payload).toEqual({ ...expected, calls: 2 });
    expect(pidsOf('esm')).toHaveLength(1);
    delete process.env['LEAK'];
  });

  test('run a CommonJS bundle', async () => {
    await cloud.services.lambda.put(
      scope,
      functionOf('cjs', `exports.handler = async () => require('node:path').join('a', 'b');`, { file: 'index.js' }),
    );
    expect(await invoke('cjs')).toEqual({ error: undefined, payload: 'a/b' });
  });

  test('answer a thrown error with type, message and trace', async () => {
    await cloud.services.lambda.put(
      scope,
      functionOf(
        'throws',
        `class Retryable extends Error { name = 'Retryable' } export const handler = async () => { throw new Retryable('later') };`,
      ),
    );
    expect(await invoke('throws')).toEqual({
      error: 'Unhandled',
      payload: {
        errorType: 'Retryable',
        errorMessage: 'later',
        trace: expect.arrayContaining([expect.stringContaining('Retryable: later')]) as string[],
      },
    });
  });

  test('answer a bundle that does not load with its error', async () => {
    await cloud.services.lambda.put(
      scope,
      functionOf('broken', `import 'not-there'; export const handler = async () => 1;`),
    );
    expect(await invoke('broken')).toMatchObject({
      error: 'Unhandled',
      payload: { errorMessage: expect.stringContaining('not-there') as string },
    });
    await cloud.services.lambda.put(scope, functionOf('handlerless', 'export const other = 1;'));
    expect(await invoke('handlerless')).toMatchObject({ payload: { errorType: 'Runtime.HandlerNotFound' } });
  });

  test('fail with Runtime.ExitError when their process is killed in the middle, and the next invocation has a new one', async () => {
    await cloud.services.lambda.put(
      scope,
      functionOf(
        'killed',
        `export const handler = async (event) => { if (event.wait) await new Promise((r) => setTimeout(r, 5000)); return process.pid; };`,
      ),
    );
    const first = (await invoke('killed')).payload as number;
    const pending = invoke('killed', { wait: true });
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.kill(first, 'SIGKILL');
    expect(await pending).toMatchObject({
      error: 'Unhandled',
      payload: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('signal: SIGKILL') as string },
    });
    const second = (await invoke('killed')).payload as number;
    expect(second).not.toBe(first);
  });

  test('are killed when their time is up, even in an endless loop', async () => {
    await cloud.services.lambda.put(
      scope,
      functionOf(
        'loops',
        `export const handler = async (event) => { console.log('pid', process.pid); while (event.loop); return 'ok'; };`,
        { timeoutMs: 500 },
      ),
    );
    expect(await invoke('loops', { loop: true })).toMatchObject({
      error: 'Unhandled',
      payload: {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringContaining('Task timed out after 0.50 seconds') as string,
      },
    });
    const [, pid] = /pid (\d+)/.exec(cloud.services.lambda.logs.read(scope, 'loops').at(-1)?.line ?? '') ?? [];
    await expect.poll(() => isAlive(Number(pid))).toBe(false);
    expect((await invoke('loops')).payload).toBe('ok');
  });

  test('run side by side in processes of their own, up to the reserved concurrency', async () => {
    const source = `export const handler = async () => { await new Promise((r) => setTimeout(r, 400)); return process.pid; };`;
    await cloud.services.lambda.put(scope, functionOf('wide', source));
    const pids = await Promise.all([invoke('wide'), invoke('wide'), invoke('wide')]);
    expect(new Set(pids.map(({ payload }) => payload)).size).toBe(3);
    await cloud.services.lambda.put(scope, functionOf('narrow', source, { reservedConcurrency: 1 }));
    const results = await Promise.allSettled([invoke('narrow'), invoke('narrow')]);
    const refused = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toBeInstanceOf(TooManyRequestsException);
  });

  test('write logs to the cloud and metrics to CloudWatch', async () => {
    const metric = `JSON.stringify({ _aws: { Timestamp: Date.now(), CloudWatchMetrics: [{ Namespace: 'Test', Dimensions: [['Service']], Metrics: [{ Name: 'Flips', StorageResolution: 1 }] }] }, Service: 'a', Flips: 3 })`;
    await cloud.services.lambda.put(
      scope,
      functionOf('measures', `export const handler = async () => { console.log('hello'); console.log(${metric}); };`),
    );
    await invoke('measures');
    await expect
      .poll(() =>
        lines.some(({ source, name, line }) => source === 'lambda' && name === 'measures' && line === 'hello'),
      )
      .toBe(true);
    const now = Date.now() / 1_000;
    const read = () =>
      cloud.services.cloudwatch.api.operations['GetMetricStatistics']?.(scope, {
        Namespace: 'Test',
        MetricName: 'Flips',
        Dimensions: [{ Name: 'Service', Value: 'a' }],
        StartTime: now - 60,
        EndTime: now + 60,
        Period: 60,
        Statistics: ['Sum'],
      });
    await expect.poll(read).toMatchObject({ Datapoints: [{ Sum: 3 }] });
  });

  test('are invoked as events, through a topic, without waiting', async () => {
    await cloud.services.lambda.put(
      scope,
      functionOf(
        'listens',
        `export const handler = async (event) => console.log('got ' + (event.Records?.[0].Sns.Message ?? event.text));`,
      ),
    );
    const answer = await lambda.send(
      new InvokeCommand({ FunctionName: 'listens', InvocationType: 'Event', Payload: '{"text":"direct"}' }),
    );
    expect(answer.StatusCode).toBe(202);
    const topic = cloud.services.sns.ensureTopic(scope, 'alarms');
    cloud.services.sns.subscribe(scope, topic, 'lambda', 'arn:aws:lambda:us-east-1:111111111111:function:listens');
    cloud.services.sns.publish(scope, topic, { message: 'by topic' });
    await expect
      .poll(() =>
        cloud.services.lambda.logs
          .read(scope, 'listens')
          .map(({ line }) => line)
          .sort(),
      )
      .toEqual(['got by topic', 'got direct']);
    expect(cloud.services.sns.messages(scope, 'alarms').map(({ message }) => message)).toEqual(['by topic']);
  });

  test('that are replaced run the new code at once', async () => {
    await cloud.services.lambda.put(scope, functionOf('versions', `export const handler = async () => 1;`));
    expect((await invoke('versions')).payload).toBe(1);
    await cloud.services.lambda.put(scope, functionOf('versions', `export const handler = async () => 2;`));
    expect((await invoke('versions')).payload).toBe(2);
  });

  test('that do not exist are named', async () => {
    await expect(invoke('nobody')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: expect.stringContaining('function:nobody') as string,
    });
  });
});
