import type { Pool, Pools } from '#core/host/pools.ts';
import { stillDraining } from '#core/host/pools.ts';
import { poolName } from '#core/org/resource-names.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { ServiceName } from '#core/words/names.ts';
import { awsFailure, type MemoryOptions, operate } from './wire.ts';

/** ECS: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html */
const maxTasks = 5_000;

const maxListed = 1_000;

export interface MemoryPoolsOptions extends MemoryOptions {
  /** From the creation of a task to its running, in milliseconds. @default 0 */
  readonly startMs?: number;
  /** Tasks of a pool that may not be stopped now, because calls are on them. @default - none */
  readonly protectedTasks?: (pool: string) => number;
  /** Why a pool's tasks cannot start now, in the words of ECS. @default - they start */
  readonly refusal?: (pool: string) => string | undefined;
}

export interface MemoryPools extends Pools {
  /** Deletes a pool with tasks in it: its name stays taken until the last of them has ended. */
  readonly deleteByForce: (service: ServiceName, release: ReleaseId) => void;
}

interface Task {
  readonly startsAtMs: number;
  isRunning: boolean;
}

interface Group {
  readonly name: string;
  readonly service: ServiceName;
  desired: number;
  tasks: Task[];
  isDeleted: boolean;
  lastEvent?: string;
}

export const memoryPools = (options: MemoryPoolsOptions): MemoryPools => {
  const groups = new Map<string, Group>();
  const find = (name: string): Group | undefined => {
    const group = groups.get(name);
    if (group === undefined) return undefined;
    settle(group, options);
    if (group.isDeleted && group.tasks.length === 0) groups.delete(name);
    return groups.get(name);
  };
  const over = <T>(kind: 'read' | 'write', service: ServiceName, release: ReleaseId, effect: (name: string) => T) => {
    const name = poolName(service, release);
    return operate(options.wire, { store: 'pools', kind, key: name }, () => effect(name));
  };
  return {
    ensure: (service, release, { hosts }) =>
      over('write', service, release, (name) => {
        const present = find(name);
        if (present?.isDeleted) throw stillDraining(name);
        if (present === undefined) groups.set(name, { name, service, desired: 0, tasks: [], isDeleted: false });
        const group = present ?? groups.get(name);
        if (group && group.desired < hosts) group.desired = counted(hosts);
        find(name);
      }),
    describe: (service, release) => over('read', service, release, (name) => toPool(find(name))),
    scale: (service, release, hosts) =>
      over('write', service, release, (name) => {
        active(find(name), name).desired = counted(hosts);
        find(name);
      }),
    retire: (service, release) =>
      over('write', service, release, (name) => {
        const group = find(name);
        if (group === undefined) return 'gone';
        if (group.isDeleted) return group.tasks.some(({ isRunning }) => isRunning) ? 'draining' : 'gone';
        group.desired = 0;
        if (group.tasks.length > 0) return 'draining';
        groups.delete(name);
        return 'gone';
      }),
    list: (service) =>
      operate(options.wire, { store: 'pools', kind: 'read', key: service }, () =>
        [...groups.values()]
          .filter((group) => group.service === service && !group.isDeleted)
          .slice(0, maxListed)
          .map(({ name }) => name),
      ),
    deleteByForce: (service, release) => {
      const group = find(poolName(service, release));
      if (group) Object.assign(group, { desired: 0, isDeleted: true });
    },
  };
};

/** Brings the tasks of a pool to where its desired count, the protection of calls and the passing time want them now. */
const settle = (group: Group, { clock, startMs = 0, protectedTasks, refusal }: MemoryPoolsOptions): void => {
  const nowMs = clock.now();
  const kept = Math.max(group.desired, Math.min(group.tasks.length, protectedTasks?.(group.name) ?? 0));
  // Those that run are the last to be stopped.
  group.tasks = group.tasks.toSorted((a, b) => Number(b.isRunning) - Number(a.isRunning)).slice(0, kept);
  while (group.tasks.length < group.desired) group.tasks.push({ startsAtMs: nowMs + startMs, isRunning: false });
  const why = refusal?.(group.name);
  for (const task of group.tasks) {
    if (task.isRunning || task.startsAtMs > nowMs) continue;
    if (why === undefined) task.isRunning = true;
    group.lastEvent = why ?? `(service ${group.name}) has started 1 tasks.`;
  }
};

const toPool = (group: Group | undefined): Pool | undefined => {
  if (group === undefined) return undefined;
  const running = group.tasks.filter(({ isRunning }) => isRunning).length;
  return {
    name: group.name,
    desired: group.desired,
    running,
    pending: group.tasks.length - running,
    ...(group.lastEvent !== undefined && { lastEvent: group.lastEvent }),
  };
};

const active = (group: Group | undefined, name: string): Group => {
  if (group && !group.isDeleted) return group;
  const failure = group ? 'ServiceNotActiveException' : 'ServiceNotFoundException';
  throw awsFailure({ service: 'ECS', operation: 'UpdateService', name: failure }, `${name} is not there to be scaled`);
};

const counted = (hosts: number): number => {
  if (Number.isInteger(hosts) && hosts >= 0 && hosts <= maxTasks) return hosts;
  throw awsFailure(
    { service: 'ECS', operation: 'UpdateService', name: 'InvalidParameterException' },
    `the desired count ${hosts} is not a whole number from 0 to ${maxTasks}`,
  );
};
