import { z } from 'zod';
import { type CloudContext, type PerScope, perScope, statePath } from '../../context.ts';
import { AwsError } from '../../http/aws-error.ts';
import type { Scope } from '../../http/scope.ts';
import { type Document, openDocument } from '../../storage/document.ts';
import { EcsService } from './ecs-service.ts';
import type { ServiceScheduler } from './service-scheduler.ts';
import { TaskDefinition } from './task-definition.ts';
import type { EcsTask } from './ecs-task.ts';

const Stored = z.object({
  clusters: z.array(z.string()),
  /** By family, oldest revision first. */
  taskDefinitions: z.record(z.string(), z.array(TaskDefinition)),
  /** By `<cluster>/<service>`. */
  services: z.record(z.string(), EcsService),
});

/** ECS of one account and region. */
export interface EcsState {
  readonly stored: Document<z.infer<typeof Stored>>;
  readonly schedulers: Map<string, ServiceScheduler>;
  /** Live tasks and, for an hour in AWS and a bounded number here, stopped ones. */
  readonly tasks: Map<string, EcsTask>;
  /** What RunTask did, by client token: a repeat answers the same tasks. */
  readonly runs: Map<string, TaskRun>;
}

export interface TaskRun {
  /** JSON of the input. */
  readonly input: string;
  readonly tasks: readonly EcsTask[];
}

const maxStoppedTasks = 200;

/** `lastgood`, or the last part of an ARN. */
export const lastPart = (nameOrArn: string): string => nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);

export const ecsStates = (context: CloudContext): PerScope<EcsState> =>
  perScope((scope) => ({
    stored: openDocument(statePath(context, scope, 'ecs.json'), Stored, {
      clusters: [],
      taskDefinitions: {},
      services: {},
    }),
    schedulers: new Map(),
    tasks: new Map(),
    runs: new Map(),
  }));

export const requireCluster = (state: EcsState, cluster: string): string => {
  const name = lastPart(cluster);
  if (!state.stored.value.clusters.includes(name))
    throw new AwsError('ClusterNotFoundException', `Cluster not found: ${name}`);
  return name;
};

export const clusterArn = ({ account, region }: Scope, name: string): string =>
  `arn:aws:ecs:${region}:${account}:cluster/${name}`;

export const describeCluster = (scope: Scope, name: string): object => ({
  clusterArn: clusterArn(scope, name),
  clusterName: name,
  status: 'ACTIVE',
});

/** By ARN, `family:revision`, or `family` for the newest active one. */
export const findTaskDefinition = (state: EcsState, ref: string): TaskDefinition => {
  const [family = '', revision] = lastPart(ref).split(':');
  const revisions = state.stored.value.taskDefinitions[family] ?? [];
  const found =
    revision === undefined
      ? revisions.findLast(({ status }) => status === 'ACTIVE')
      : revisions.find((one) => one.revision === Number(revision));
  if (!found) throw new AwsError('ClientException', `Unable to describe task definition: ${ref} does not exist.`);
  return found;
};

/** For new tasks and services. */
export const activeTaskDefinition = (state: EcsState, ref: string): TaskDefinition => {
  const found = findTaskDefinition(state, ref);
  if (found.status !== 'ACTIVE') throw new AwsError('ClientException', `TaskDefinition is inactive: ${found.arn}`);
  return found;
};

export const findTask = (state: EcsState, ref: string): EcsTask | undefined => state.tasks.get(lastPart(ref));

export const rememberTask = (state: EcsState, task: EcsTask): void => {
  state.tasks.set(task.id, task);
  const stopped = [...state.tasks.values()].filter(({ status }) => status === 'STOPPED');
  for (const old of stopped.slice(0, Math.max(0, stopped.length - maxStoppedTasks))) state.tasks.delete(old.id);
};

export const describeTask = (scope: Scope, task: EcsTask): object => {
  const [container] = task.request.definition.input.containerDefinitions;
  const at = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1_000);
  return {
    taskArn: task.arn,
    clusterArn: clusterArn(scope, task.request.clusterName),
    taskDefinitionArn: task.request.definition.arn,
    group: task.request.group,
    startedBy: task.request.startedBy,
    lastStatus: task.status,
    desiredStatus: task.desiredStatus,
    createdAt: at(task.createdAt),
    startedAt: at(task.startedAt),
    stoppedAt: at(task.stoppedAt),
    stoppedReason: task.stoppedReason,
    stopCode: task.stopCode,
    launchType: 'FARGATE',
    containers: [
      {
        name: container?.name,
        containerArn: `${task.arn.replace(':task/', ':container/')}/1`,
        taskArn: task.arn,
        lastStatus: task.status,
        exitCode: task.exitCode,
        networkInterfaces: [{ privateIpv4Address: '127.0.0.1' }],
      },
    ],
  };
};
