import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, test, onTestFinished } from 'vitest';
import { type Cloud, startCloud } from '#local/cloud.ts';
import type { CloudLogEntry } from '#local/context.ts';
import { folderWith, isAlive, scope } from './cloud/bundle.ts';

let cloud: Cloud;
let ecs: ECSClient;
const lines: CloudLogEntry[] = [];

/** Answers the pid of the task to every TCP connection and then echoes; /protect and /free switch its protection. */
const program = `
import { createServer } from 'node:net';
const state = process.env.ECS_AGENT_URI + '/task-protection/v1/state';
const protect = (on) => fetch(state, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ProtectionEnabled: on, ExpiresInMinutes: 5 }) }).then((r) => r.json());
createServer((socket) => {
  socket.write('pid ' + process.pid + '\\n');
  socket.on('data', async (data) => {
    const text = data.toString().trim();
    if (text === '/protect' || text === '/free') socket.write(JSON.stringify(await protect(text === '/protect')) + '\\n');
    else if (text === '/crash') process.exit(3);
    else socket.write('echo ' + text + '\\n');
  });
  socket.on('error', () => {});
}).listen(Number(process.env.PORT), '127.0.0.1');
const task = await (await fetch(process.env.ECS_CONTAINER_METADATA_URI_V4 + '/task')).json();
console.log(JSON.stringify({ arn: task.TaskARN, ip: task.Containers[0].Networks[0].IPv4Addresses[0], release: process.env.RELEASE_ID, port: process.env.PORT, account: process.env.AWS_ACCESS_KEY_ID }));
process.on('SIGTERM', () => { console.log('draining'); if (!process.env.STUBBORN) setTimeout(() => process.exit(0), 50); });
`;

beforeAll(async () => {
  cloud = await startCloud({ port: 0, projectRoot: process.cwd(), log: (entry) => lines.push(entry) });
  ecs = new ECSClient({
    endpoint: cloud.endpoint,
    region: scope.region,
    credentials: { accessKeyId: scope.account, secretAccessKey: 'x' },
    maxAttempts: 1,
  });
  await ecs.send(new CreateClusterCommand({ clusterName: 'lastgood' }));
});
afterAll(() => cloud.close());

const register = async (
  family: string,
  environment: Readonly<Record<string, string>> = {},
  stopTimeout = 2,
): Promise<void> => {
  const script = `${folderWith('task.mjs', program)}/task.mjs`;
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      containerDefinitions: [
        {
          name: 'host',
          image: 'host',
          command: ['node', script],
          stopTimeout,
          portMappings: [{ containerPort: 8080 }],
          environment: Object.entries({ PORT: '8080', ...environment }).map(([name, value]) => ({ name, value })),
        },
      ],
    }),
  );
};

const outputOf = (family: string): Record<string, string>[] =>
  lines
    .filter(({ source, name, line }) => source === 'task' && name === family && line.startsWith('{'))
    .map(({ line }) => JSON.parse(line) as Record<string, string>);
const pidsOf = (service: string): number[] =>
  cloud
    .processes()
    .filter(({ name }) => name.endsWith(` service:${service}`))
    .map(({ pid }) => pid);
const describe1 = async (service: string) =>
  (await ecs.send(new DescribeServicesCommand({ cluster: 'lastgood', services: [service] }))).services?.[0];

/** A line-wise client. */
const talk = async (port: number) => {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const queue: string[] = [];
  let wake: () => void = () => undefined;
  socket.on('data', (data) => {
    queue.push(...data.toString().split('\n').filter(Boolean));
    wake();
  });
  const next = async (): Promise<string> => {
    if (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return queue.shift() ?? '';
  };
  return { socket, next, ask: (text: string): Promise<string> => (socket.write(`${text}\n`), next()) };
};

describe('tasks', () => {
  test('run with their environment, a free port, credentials and the metadata endpoint', async () => {
    await register('single', { RELEASE_ID: 'abc' });
    const { tasks } = await ecs.send(
      new RunTaskCommand({
        cluster: 'lastgood',
        taskDefinition: 'single',
        overrides: { containerOverrides: [{ name: 'host', environment: [{ name: 'RELEASE_ID', value: 'def' }] }] },
      }),
    );
    const taskArn = tasks?.[0]?.taskArn ?? '';
    await expect.poll(() => outputOf('single').length, { timeout: 10_000 }).toBe(1);
    expect(outputOf('single')[0]).toMatchObject({
      arn: taskArn,
      ip: '127.0.0.1',
      release: 'def',
      account: scope.account,
    });
    expect(outputOf('single')[0]?.['port']).not.toBe('8080');
    await ecs.send(new StopTaskCommand({ cluster: 'lastgood', task: taskArn, reason: 'test' }));
    const status = async () =>
      (await ecs.send(new DescribeTasksCommand({ cluster: 'lastgood', tasks: [taskArn] }))).tasks?.[0];
    await expect.poll(async () => (await status())?.lastStatus, { timeout: 5_000 }).toBe('STOPPED');
    expect(await status()).toMatchObject({
      stoppedReason: 'test',
      stopCode: 'UserInitiated',
      containers: [{ exitCode: 0 }],
    });
  });

  test('that ignore SIGTERM are killed after their stopTimeout', async () => {
    await register('stubborn', { STUBBORN: '1' }, 1);
    const { tasks } = await ecs.send(new RunTaskCommand({ cluster: 'lastgood', taskDefinition: 'stubborn' }));
    await expect.poll(() => outputOf('stubborn').length, { timeout: 10_000 }).toBe(1);
    const before = Date.now();
    await ecs.send(new StopTaskCommand({ cluster: 'lastgood', task: tasks?.[0]?.taskArn ?? '' }));
    const exitCode = async () =>
      (await ecs.send(new DescribeTasksCommand({ cluster: 'lastgood', tasks: [tasks?.[0]?.taskArn ?? ''] }))).tasks?.[0]
        ?.containers?.[0]?.exitCode;
    await expect.poll(exitCode, { timeout: 5_000 }).toBe(137);
    expect(Date.now() - before).toBeGreaterThanOrEqual(950);
  });
});

describe('services behind a load balancer', () => {
  test('invariant 8: replace crashed tasks, respect protection on scale-in and never cut a connection', async () => {
    const group = 'arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/edge/1';
    const balancer = 'arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/edge/1';
    const { loadBalancers } = cloud.services;
    loadBalancers.putTargetGroup(group, {
      protocol: 'TCP',
      path: '/',
      intervalMs: 200,
      timeoutMs: 200,
      unhealthyThreshold: 2,
    });
    const address = await loadBalancers.address(scope, balancer);
    const port = Number(address.split(':')[1]);
    await loadBalancers.putListener(scope, balancer, 'Calls', group);
    await register('edge');
    await ecs.send(
      new CreateServiceCommand({
        cluster: 'lastgood',
        serviceName: 'edge',
        taskDefinition: 'edge',
        desiredCount: 1,
        loadBalancers: [{ targetGroupArn: group, containerName: 'host', containerPort: 8080 }],
      }),
    );
    await expect.poll(() => outputOf('edge').length, { timeout: 10_000 }).toBe(1);

    const crash = await talk(port);
    const crashed = Number((await crash.next()).slice(4));
    crash.socket.write('/crash\n');
    await expect.poll(() => pidsOf('edge').filter((pid) => pid !== crashed).length, { timeout: 10_000 }).toBe(1);
    await expect.poll(() => outputOf('edge').length, { timeout: 10_000 }).toBe(2);

    await expect.poll(async () => (await talk(port)).next(), { timeout: 10_000 }).toMatch(/^pid/);
    const call = await talk(port);
    const pid = Number((await call.next()).slice(4));
    expect(JSON.parse(await call.ask('/protect'))).toMatchObject({
      protection: { ProtectionEnabled: true, TaskArn: expect.stringContaining(':task/lastgood/') as string },
    });
    await ecs.send(new UpdateServiceCommand({ cluster: 'lastgood', service: 'edge', desiredCount: 0 }));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(isAlive(pid)).toBe(true);
    expect((await describe1('edge'))?.events?.[0]?.message).toContain('due to task protection');
    expect(await call.ask('still there?')).toBe('echo still there?');

    await call.ask('/free');
    await expect.poll(() => pidsOf('edge'), { timeout: 10_000 }).toEqual([]);
    expect(await describe1('edge')).toMatchObject({ desiredCount: 0, runningCount: 0 });
    expect((await ecs.send(new ListTasksCommand({ cluster: 'lastgood', serviceName: 'edge' }))).taskArns).toEqual([]);
  });

  test('invariant 8: a connection outlives the deregistration of its target', async () => {
    const group = 'arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/plain/1';
    const balancer = 'arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/net/plain/1';
    const { loadBalancers } = cloud.services;
    const target = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    onTestFinished(() => void target.close());
    await once(target, 'listening');
    loadBalancers.putTargetGroup(group, {
      protocol: 'TCP',
      path: '/',
      intervalMs: 100,
      timeoutMs: 100,
      unhealthyThreshold: 1,
    });
    loadBalancers.targets.register(group, { id: 'one', port: (target.address() as { port: number }).port });
    await loadBalancers.putListener(scope, balancer, 'Calls', group);
    const port = Number((await loadBalancers.address(scope, balancer)).split(':')[1]);
    await expect.poll(() => loadBalancers.targets.isHealthy(group, 'one')).toBe(true);
    const call = await talk(port);
    expect(await call.ask('a')).toBe('a');
    loadBalancers.targets.deregister(group, 'one');
    expect(await call.ask('b')).toBe('b');
    const late = connect(port, '127.0.0.1');
    await once(late, 'close');
    expect(await call.ask('c')).toBe('c');
  });
});
