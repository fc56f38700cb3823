import type { z } from 'zod';
import type { PerScope } from '../../context.ts';
import { AwsError } from '../../http/aws-error.ts';
import { type Operations, operationsOf } from '../../http/operation.ts';
import type { Scope } from '../../http/scope.ts';
import {
  type EcsState,
  describeTask,
  activeTaskDefinition,
  findTask,
  findTaskDefinition,
  lastPart,
  requireCluster,
} from './state.ts';
import * as inputs from './inputs.ts';
import { containerOf, describeTaskDefinition } from './task-definition.ts';
import type { EcsTask, TaskRequest } from './ecs-task.ts';

const operation = operationsOf({ invalid: 'InvalidParameterException' });
const definitionOperation = operationsOf({ invalid: 'ClientException' });

const protectionView = (task: EcsTask): object => {
  const { enabled, expiresAt } = task.protection();
  return {
    taskArn: task.arn,
    protectionEnabled: enabled,
    ...(expiresAt !== undefined && { expirationDate: expiresAt / 1_000 }),
  };
};

const taskFailures = (state: EcsState, refs: readonly string[]): object[] =>
  refs.filter((ref) => !findTask(state, ref)).map((ref) => ({ arn: ref, reason: 'MISSING' }));

const foundTasks = (state: EcsState, refs: readonly string[]): EcsTask[] =>
  refs.flatMap((ref) => findTask(state, ref) ?? []);

/** Client tokens remembered per account and region. */
const maxRuns = 1_000;

/** Runs once per client token, which the SDK makes for every call and keeps for its retries. */
const once = (
  state: EcsState,
  { clientToken, ...input }: z.infer<typeof inputs.RunTask>,
  run: () => readonly EcsTask[],
): readonly EcsTask[] => {
  const text = JSON.stringify(input);
  const known = clientToken === undefined ? undefined : state.runs.get(clientToken);
  if (known && known.input !== text)
    throw new AwsError('ConflictException', `clientToken ${clientToken} was used for another RunTask`);
  if (known) return known.tasks;
  const tasks = run();
  if (clientToken !== undefined) state.runs.set(clientToken, { input: text, tasks });
  const [oldest] = state.runs.keys();
  if (oldest !== undefined && state.runs.size > maxRuns) state.runs.delete(oldest);
  return tasks;
};

const taskRequest = (scope: Scope, state: EcsState, input: z.infer<typeof inputs.RunTask>): TaskRequest => {
  const clusterName = requireCluster(state, input.cluster);
  const definition = activeTaskDefinition(state, input.taskDefinition);
  const [override] = input.overrides.containerOverrides;
  if (override && override.name !== containerOf(definition).name) {
    throw new AwsError(
      'InvalidParameterException',
      `Override for container named ${override.name} is not a container in the TaskDefinition.`,
    );
  }
  return {
    scope,
    clusterName,
    definition,
    group: input.group ?? `family:${definition.input.family}`,
    startedBy: input.startedBy,
    command: override?.command,
    environment: override?.environment ?? [],
  };
};

const listTasks = (state: EcsState, input: z.infer<typeof inputs.ListTasks>): object => {
  const cluster = requireCluster(state, input.cluster);
  const { serviceName } = input;
  if (serviceName !== undefined && !state.stored.value.services[`${cluster}/${lastPart(serviceName)}`])
    throw new AwsError('ServiceNotFoundException', `Service not found: ${lastPart(serviceName)}`);
  const tasks = [...state.tasks.values()].filter(
    ({ request, desiredStatus }) =>
      request.clusterName === cluster &&
      // No task is ever desired to be PENDING.
      desiredStatus === input.desiredStatus &&
      (serviceName === undefined || request.group === `service:${lastPart(serviceName)}`) &&
      (input.family === undefined || request.definition.input.family === input.family) &&
      (input.startedBy === undefined || request.startedBy === input.startedBy),
  );
  return inputs.arnPage(
    'taskArns',
    tasks.map(({ arn }) => arn),
    input,
  );
};

const updateProtection = (
  state: EcsState,
  input: z.infer<typeof inputs.UpdateTaskProtection>,
  changed: (task: EcsTask) => void,
): object => {
  requireCluster(state, input.cluster);
  const tasks = foundTasks(state, input.tasks);
  const services = tasks.filter((task) => task.request.group.startsWith('service:'));
  for (const task of services) {
    task.setProtection(input.protectionEnabled, input.expiresInMinutes);
    changed(task);
  }
  return {
    protectedTasks: services.map(protectionView),
    failures: [
      ...taskFailures(state, input.tasks),
      ...tasks
        .filter((task) => !services.includes(task))
        .map((task) => ({
          arn: task.arn,
          reason: 'TASK_NOT_VALID',
          detail: 'only tasks of a service can be protected',
        })),
    ],
  };
};

/** The calls on task definitions and tasks. */
export const taskOperations = (
  scopes: PerScope<EcsState>,
  start: (scope: Scope, request: TaskRequest) => EcsTask,
  protectionChanged: (task: EcsTask) => void,
): Operations => ({
  DescribeTaskDefinition: definitionOperation(inputs.DescribeTaskDefinition, (scope, input) => {
    const definition = findTaskDefinition(scopes.get(scope), input.taskDefinition);
    return {
      taskDefinition: describeTaskDefinition(definition),
      ...(input.include && { tags: definition.input.tags ?? [] }),
    };
  }),
  DeregisterTaskDefinition: definitionOperation(inputs.DeregisterTaskDefinition, async (scope, input) => {
    const state = scopes.get(scope);
    const definition = findTaskDefinition(state, input.taskDefinition);
    definition.status = 'INACTIVE';
    await state.stored.save();
    return { taskDefinition: describeTaskDefinition(definition) };
  }),
  ListTaskDefinitions: operation(inputs.ListTaskDefinitions, (scope, input) => {
    const families = scopes.get(scope).stored.value.taskDefinitions;
    const found = Object.entries(families)
      .filter(([family]) => input.familyPrefix === undefined || family === input.familyPrefix)
      .flatMap(([, revisions]) => revisions.filter(({ status }) => status === input.status).map(({ arn }) => arn));
    return inputs.arnPage('taskDefinitionArns', input.sort === 'ASC' ? found : found.toReversed(), input);
  }),
  RunTask: operation(inputs.RunTask, (scope, input) => {
    const state = scopes.get(scope);
    const tasks = once(state, input, () => {
      const request = taskRequest(scope, state, input);
      return Array.from({ length: input.count }, () => start(scope, request));
    });
    return { tasks: tasks.map((task) => describeTask(scope, task)), failures: [] };
  }),
  StopTask: operation(inputs.StopTask, (scope, input) => {
    const state = scopes.get(scope);
    requireCluster(state, input.cluster);
    const task = findTask(state, input.task);
    if (!task) throw new AwsError('InvalidParameterException', 'The referenced task was not found.');
    void task.stop(input.reason, 'UserInitiated');
    return { task: describeTask(scope, task) };
  }),
  DescribeTasks: operation(inputs.DescribeTasks, (scope, input) => {
    const state = scopes.get(scope);
    requireCluster(state, input.cluster);
    return {
      tasks: foundTasks(state, input.tasks).map((task) => describeTask(scope, task)),
      failures: taskFailures(state, input.tasks),
    };
  }),
  ListTasks: operation(inputs.ListTasks, (scope, input) => listTasks(scopes.get(scope), input)),
  UpdateTaskProtection: operation(inputs.UpdateTaskProtection, (scope, input) =>
    updateProtection(scopes.get(scope), input, protectionChanged),
  ),
  GetTaskProtection: operation(inputs.GetTaskProtection, (scope, input) => {
    const state = scopes.get(scope);
    requireCluster(state, input.cluster);
    return {
      protectedTasks: foundTasks(state, input.tasks).map(protectionView),
      failures: taskFailures(state, input.tasks),
    };
  }),
});
