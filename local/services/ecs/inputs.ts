import { z } from 'zod';
import { pageOf } from '../../http/page.ts';
import { lowerCaseTags } from '../tags.ts';

/**
 * Source of every bound here: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Operations.html
 * What is a literal has one behaviour here; another value would have another one on AWS, so it is refused.
 */

const name = z.string().regex(/^[\w-]{1,255}$/, 'a name has 1 to 255 letters, digits, _ or -');
const text = z.string().min(1);
const cluster = { cluster: text.default('default') };
const include = z.array(z.literal('TAGS')).optional();
const clientToken = z.string().max(36).optional();
const loopbackOnly = 'tasks of the embedded cloud run like those of Fargate';

/** Where a task runs. Its network is the loopback interface, whatever the one of the org is. */
const placement = {
  networkConfiguration: z
    .strictObject({
      awsvpcConfiguration: z.strictObject({
        subnets: z.array(text).min(1).max(16),
        securityGroups: z.array(text).max(5).optional(),
        assignPublicIp: z.enum(['ENABLED', 'DISABLED']).optional(),
      }),
    })
    .optional(),
  platformVersion: z
    .string()
    .regex(/^(LATEST|\d+\.\d+\.\d+)$/, 'a platform version is LATEST or like 1.4.0')
    .optional(),
  capacityProviderStrategy: z
    .array(
      z.strictObject({
        capacityProvider: z.enum(['FARGATE', 'FARGATE_SPOT'], loopbackOnly),
        weight: z.int().min(0).max(1_000).optional(),
        base: z.int().min(0).max(100_000).optional(),
      }),
    )
    .max(20)
    .optional(),
  enableECSManagedTags: z.boolean().optional(),
  enableExecuteCommand: z.literal(false, 'nobody can enter a task of the embedded cloud').optional(),
  propagateTags: z.enum(['TASK_DEFINITION', 'SERVICE', 'NONE']).optional(),
};
const launchType = z.literal('FARGATE', loopbackOnly).optional();

const eitherLaunchTypeOrStrategy = (input: { launchType?: unknown; capacityProviderStrategy?: unknown }): boolean =>
  input.launchType === undefined || input.capacityProviderStrategy === undefined;
const notBoth = 'Specifying both a launch type and capacity provider strategy is not supported.';

/** A deployment starts every new task before it stops an old one, and is never rolled back. */
const deployment = {
  deploymentConfiguration: z
    .strictObject({
      minimumHealthyPercent: z.literal(100).optional(),
      maximumPercent: z.literal(200).optional(),
      strategy: z.literal('ROLLING').optional(),
      deploymentCircuitBreaker: z.strictObject({ enable: z.literal(false), rollback: z.literal(false) }).optional(),
    })
    .optional(),
  deploymentController: z.strictObject({ type: z.literal('ECS') }).optional(),
  // Nobody stops a task for its health here, so there is nothing to be graceful about.
  healthCheckGracePeriodSeconds: z.int().min(0).max(2_147_483_647).optional(),
  availabilityZoneRebalancing: z.enum(['ENABLED', 'DISABLED']).optional(),
};

const LoadBalancer = z.strictObject({
  targetGroupArn: text,
  containerName: text,
  containerPort: z.int().min(0).max(65_535),
});

export const CreateCluster = z.strictObject({
  clusterName: name.default('default'),
  settings: z.array(z.strictObject({ name: z.literal('containerInsights'), value: text })).optional(),
  tags: lowerCaseTags.optional(),
});

export const CreateService = z
  .strictObject({
    ...cluster,
    serviceName: name,
    taskDefinition: text,
    desiredCount: z.int().min(0).max(5_000).default(0),
    loadBalancers: z.array(LoadBalancer).max(5).default([]),
    clientToken,
    schedulingStrategy: z.literal('REPLICA').optional(),
    tags: lowerCaseTags.optional(),
    launchType,
    ...placement,
    ...deployment,
  })
  .refine(eitherLaunchTypeOrStrategy, notBoth);

export const UpdateService = z.strictObject({
  ...cluster,
  service: text,
  desiredCount: z.int().min(0).max(5_000).optional(),
  taskDefinition: text.optional(),
  forceNewDeployment: z.boolean().default(false),
  ...placement,
  ...deployment,
});

export const DeleteService = z.strictObject({ ...cluster, service: text, force: z.boolean().default(false) });
export const DescribeServices = z.strictObject({ ...cluster, services: z.array(text).min(1).max(10), include });

const paging = (defaultResults: number) => ({
  maxResults: z.int().min(1).max(100).default(defaultResults),
  nextToken: z.string().optional(),
});
export const ListServices = z.strictObject({
  ...cluster,
  launchType,
  schedulingStrategy: z.literal('REPLICA').optional(),
  ...paging(10),
});
export const ListTasks = z.strictObject({
  ...cluster,
  family: text.optional(),
  serviceName: text.optional(),
  desiredStatus: z.enum(['RUNNING', 'PENDING', 'STOPPED']).default('RUNNING'),
  startedBy: z.string().max(128).optional(),
  launchType,
  ...paging(100),
});
export const ListTaskDefinitions = z.strictObject({
  familyPrefix: text.optional(),
  status: z.enum(['ACTIVE', 'INACTIVE']).default('ACTIVE'),
  sort: z.enum(['ASC', 'DESC']).default('ASC'),
  ...paging(100),
});
export const DescribeTaskDefinition = z.strictObject({ taskDefinition: text, include });
export const DeregisterTaskDefinition = z.strictObject({
  taskDefinition: text.regex(/:\d+$/, 'it needs the revision: family:revision or the whole ARN'),
});

const ContainerOverride = z.strictObject({
  name: text,
  command: z.array(z.string()).optional(),
  environment: z.array(z.strictObject({ name: z.string(), value: z.string() })).default([]),
});
export const RunTask = z
  .strictObject({
    ...cluster,
    taskDefinition: text,
    count: z.int().min(1).max(10).default(1),
    startedBy: z.string().max(128).optional(),
    group: text
      .max(255)
      .refine((group) => !group.startsWith('service:'), 'groups of services are not for single tasks')
      .optional(),
    clientToken: z.string().max(64).optional(),
    tags: lowerCaseTags.optional(),
    // A task has one container.
    overrides: z.strictObject({ containerOverrides: z.array(ContainerOverride).max(1).default([]) }).prefault({}),
    launchType,
    ...placement,
  })
  .refine(eitherLaunchTypeOrStrategy, notBoth);
export const StopTask = z.strictObject({
  ...cluster,
  task: text,
  reason: z.string().max(1_024).default('Task stopped by user'),
});
export const DescribeTasks = z.strictObject({ ...cluster, tasks: z.array(text).min(1).max(100), include });

/** Source of the bounds: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateTaskProtection.html */
export const protectionMinutes = z.int().min(1).max(2_880);
export const defaultProtectionMinutes = 120;
export const UpdateTaskProtection = z.strictObject({
  ...cluster,
  tasks: z.array(text).min(1).max(10),
  protectionEnabled: z.boolean(),
  expiresInMinutes: protectionMinutes.default(defaultProtectionMinutes),
});
export const GetTaskProtection = z.strictObject({ ...cluster, tasks: z.array(text).max(100).default([]) });

/** One page of ARNs under the name that the call gives them. */
export const arnPage = (
  member: string,
  arns: readonly string[],
  { maxResults, nextToken }: { readonly maxResults: number; readonly nextToken?: string | undefined },
): object => {
  const { items, next } = pageOf(arns, {
    limit: maxResults,
    token: nextToken,
    invalidToken: 'InvalidParameterException',
  });
  return { [member]: items, nextToken: next };
};
