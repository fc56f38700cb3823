import { beforeEach, describe, expect, test } from 'vitest';
import type { EcsService } from '#local/services/ecs/ecs-service.ts';
import { ServiceScheduler } from '#local/services/ecs/service-scheduler.ts';
import type { EcsTask } from '#local/services/ecs/ecs-task.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { scope, testContext } from '../test-context.ts';

/** A task without a process: it runs at once and stops when told to, unless it is stubborn. */
const fakeTask = (clock: ManualClock, id: number, onStopped: (task: EcsTask) => void) => {
  const task = {
    id: `t${id}`,
    arn: `arn:t${id}`,
    status: 'PENDING',
    desiredStatus: 'RUNNING',
    startedAt: undefined as number | undefined,
    stoppedAt: undefined as number | undefined,
    stopCode: undefined as string | undefined,
    protectedNow: false,
    start: () => {
      task.status = 'RUNNING';
      task.startedAt = clock.now();
      return Promise.resolve();
    },
    isProtected: () => task.protectedNow,
    stop: (_reason: string, stopCode: string) => {
      task.desiredStatus = 'STOPPED';
      task.stopCode = stopCode;
      task.end();
      return Promise.resolve();
    },
    crash: () => {
      task.stopCode = 'EssentialContainerExited';
      task.end();
    },
    end: () => {
      task.status = 'STOPPED';
      task.desiredStatus = 'STOPPED';
      task.stoppedAt = clock.now();
      onStopped(task as unknown as EcsTask);
    },
  };
  return task;
};
type FakeTask = ReturnType<typeof fakeTask>;

let clock: ManualClock;
let service: EcsService;
let scheduler: ServiceScheduler;
let started: FakeTask[];
let registered: Set<string>;
let unhealthy: boolean;

const live = (): string[] => scheduler.liveTasks().map(({ id }) => id);
const taskOf = (id: string): FakeTask => started.find((task) => task.id === id)!;

beforeEach(() => {
  clock = new ManualClock();
  started = [];
  registered = new Set();
  unhealthy = false;
  service = {
    arn: 'arn:aws:ecs:us-east-1:111111111111:service/lastgood/pool',
    name: 'pool',
    clusterName: 'lastgood',
    taskDefinition: 'host:1',
    desiredCount: 2,
    status: 'ACTIVE',
    createdAt: 0,
    loadBalancers: [],
    deploymentId: 'first',
    deployedAt: 0,
  };
  scheduler = new ServiceScheduler(testContext({ clock }), scope, service, {
    startTask: () => {
      const task = fakeTask(clock, started.length + 1, (stopped) => scheduler.onStopped(stopped));
      started.push(task);
      return task as unknown as EcsTask;
    },
    registerTarget: (_service, task) => registered.add(task.id),
    deregisterTarget: (_service, task) => registered.delete(task.id),
    isHealthy: () => !unhealthy,
    inactive: () => undefined,
  });
});

describe('a service', () => {
  test('starts as many tasks as desired and registers them as targets', async () => {
    scheduler.reconcile();
    await clock.advance(0);
    expect(live()).toEqual(['t1', 't2']);
    expect([...registered]).toEqual(['t1', 't2']);
  });

  test('replaces a crashed task, with growing pauses while it keeps crashing', async () => {
    service.desiredCount = 1;
    scheduler.reconcile();
    const startsAt: number[] = [];
    const begin = clock.now();
    for (let crashes = 0; crashes < 4; crashes += 1) {
      await clock.advance(0);
      started.at(-1)!.crash();
      const before = started.length;
      while (started.length === before) await clock.advance(100);
      startsAt.push(clock.now() - begin);
    }
    const pauses = startsAt.map((at, index) => at - (startsAt[index - 1] ?? 0));
    expect(pauses[0]).toBeLessThanOrEqual(1_000);
    expect(pauses.at(-1)!).toBeGreaterThan(pauses[0]!);
    expect(pauses.at(-1)!).toBeGreaterThanOrEqual(3_500);
  });

  test('forgets failures when a task has lived for a minute', async () => {
    service.desiredCount = 1;
    scheduler.reconcile();
    await clock.advance(61_000);
    started[0]!.crash();
    await clock.advance(0);
    expect(live()).toEqual(['t2']);
  });

  test('invariant 8: does not stop a protected task on scale-in, and stops it once it is free', async () => {
    scheduler.reconcile();
    await clock.advance(0);
    taskOf('t1').protectedNow = true;
    service.desiredCount = 0;
    scheduler.reconcile();
    await clock.advance(10_000);
    expect(live()).toEqual(['t1']);
    expect(scheduler.isBlocked()).toBe(true);
    expect(scheduler.events.at(-1)?.message).toContain('due to task protection');
    taskOf('t1').protectedNow = false;
    await clock.advance(1_000);
    expect(live()).toEqual([]);
    expect(scheduler.isBlocked()).toBe(false);
  });

  test('stops an unprotected task rather than a protected one', async () => {
    scheduler.reconcile();
    await clock.advance(0);
    taskOf('t1').protectedNow = true;
    service.desiredCount = 1;
    scheduler.reconcile();
    await clock.advance(0);
    expect(live()).toEqual(['t1']);
  });

  test('invariant 8: deploys by starting new tasks first and keeps old ones until the new are healthy', async () => {
    scheduler.reconcile();
    await clock.advance(0);
    unhealthy = true;
    service.deploymentId = 'second';
    scheduler.reconcile();
    await clock.advance(5_000);
    expect(live()).toEqual(['t1', 't2', 't3', 't4']);
    taskOf('t2').protectedNow = true;
    unhealthy = false;
    await clock.advance(1_000);
    expect(live()).toEqual(['t2', 't3', 't4']);
    taskOf('t2').protectedNow = false;
    await clock.advance(1_000);
    expect(live()).toEqual(['t3', 't4']);
    expect(scheduler.counts()).toMatchObject({ current: 2, older: 0 });
  });

  test('that drains becomes inactive when its last protected task is gone', async () => {
    scheduler.reconcile();
    await clock.advance(0);
    taskOf('t1').protectedNow = true;
    service.status = 'DRAINING';
    service.desiredCount = 0;
    scheduler.reconcile();
    await clock.advance(5_000);
    expect(service.status).toBe('DRAINING');
    taskOf('t1').protectedNow = false;
    await clock.advance(1_000);
    expect(service.status).toBe('INACTIVE');
  });
});
