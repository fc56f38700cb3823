import type { Exception } from './grant-findings.ts';

/** Every permission of a function or a task that no environment variable names. */
export const exceptions: readonly Exception[] = [
  {
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
    resource: /^\*$/,
    because: 'traces go to the account: X-Ray has no resource',
  },
  {
    program: 'task edge',
    actions: ['cloudwatch:PutMetricData'],
    resource: /^\*$/,
    because: 'metrics have no resource: a condition binds the edge to the namespace, which is a constant',
  },
  {
    program: 'task host',
    actions: ['cloudwatch:PutMetricData'],
    resource: /^\*$/,
    because: 'metrics have no resource: a condition binds the host to the namespace, which is a constant',
  },
  {
    program: 'function carry-out',
    actions: ['cloudwatch:PutMetricData'],
    resource: /^\*$/,
    because: 'metrics have no resource: a condition binds the function to the namespace, which is a constant',
  },
  {
    program: 'function prove-warmth',
    actions: ['cloudwatch:PutMetricData'],
    resource: /^\*$/,
    because: 'metrics have no resource: a condition binds the function to the namespace, which is a constant',
  },
  {
    program: 'task edge',
    actions: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
    resource: /:task\/lastgood\/\*$/,
    because: 'the edge asks the ECS agent for protection, and the agent knows the cluster',
  },
  {
    program: 'function start-canary',
    actions: ['cloudwatch:DescribeAlarms'],
    resource: /^\*$/,
    because: "DescribeAlarms has no resource, and the alarms' names follow from the service's",
  },
  {
    program: 'function roll-back',
    actions: ['cloudwatch:DescribeAlarms'],
    resource: /^\*$/,
    because: "DescribeAlarms has no resource, and the alarms' names follow from the service's",
  },
  {
    program: 'function prepare-pool',
    actions: ['ecs:DescribeTaskDefinition'],
    resource: /^\*$/,
    because: 'DescribeTaskDefinition has no resource, and the base family is a constant',
  },
  {
    program: 'function prepare-pool',
    actions: ['ecs:RegisterTaskDefinition'],
    resource: /:task-definition\/pool-\*$/,
    because: "a pool's task definition is named after service and release",
  },
  {
    program: 'function prepare-pool',
    actions: ['iam:PassRole'],
    resource: /^role\/HostTaskDefinition(Task|Execution)Role/,
    because: 'the roles come with the base task definition, and go to ECS tasks only by a condition',
  },
  {
    program: 'function retire-old',
    actions: ['ecs:ListServices'],
    resource: /^\*$/,
    because: 'ListServices has no resource',
  },
];
