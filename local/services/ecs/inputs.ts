import { z } from 'zod';
import { pageOf } from '../../http/page.ts';

const cluster = { cluster: z.string().default('default') };

const networking = {
  // Tasks of the embedded cloud live on the loopback interface, whatever the network of the org.
  networkConfiguration: z.unknown().optional(),
  launchType: z.enum(['FARGATE', 'EC2', 'EXTERNAL']).optional(),
  platformVersion: z.string().optional(),
  capacityProviderStrategy: z.unknown().optional(),
  enableECSManagedTags: z.boolean().optional(),
  enableExecuteCommand: z.boolean().optional(),
  propagateTags: z.string().optional(),
};

const deployment = {
  // A deployment starts every new task before it stops an old one: 100 % to 200 %.
  deploymentConfiguration: z.unknown().optional(),
  deploymentController: z.unknown().optional(),
  healthCheckGracePeriodSeconds: z.number().optional(),
  availabilityZoneRebalancing: z.string().optional(),
};

const LoadBalancer = z.object({ targetGroupArn: z.string(), containerName: z.string(), containerPort: z.int() });

export const CreateCluster = z.strictObject({
  clusterName: z.string().default('default'),
  settings: z.unknown().optional(),
  tags: z.unknown().optional(),
});

export const CreateService = z.strictObject({
  ...cluster,
  serviceName: z.string().regex(/^[\w-]{1,255}$/, 'a service name has 1-255 letters, digits, _ or -'),
  taskDefinition: z.string(),
  desiredCount: z.int().min(0).default(0),
  loadBalancers: z.array(LoadBalancer).default([]),
  clientToken: z.string().optional(),
  schedulingStrategy: z.literal('REPLICA').optional(),
  tags: z.unknown().optional(),
  ...networking,
  ...deployment,
});

export const UpdateService = z.strictObject({
  ...cluster,
  service: z.string(),
  desiredCount: z.int().min(0).optional(),
  taskDefinition: z.string().optional(),
  forceNewDeployment: z.boolean().default(false),
  ...networking,
  ...deployment,
});

export const DeleteService = z.strictObject({ ...cluster, service: z.string(), force: z.boolean().default(false) });
export const DescribeServices = z.strictObject({
  ...cluster,
  services: z.array(z.string()).max(10),
  include: z.unknown().optional(),
});

const paging = { maxResults: z.int().min(1).max(100).default(100), nextToken: z.string().optional() };
export const ListServices = z.strictObject({
  ...cluster,
  launchType: z.string().optional(),
  schedulingStrategy: z.string().optional(),
  ...paging,
});
export const ListTasks = z.strictObject({
  ...cluster,
  family: z.string().optional(),
  serviceName: z.string().optional(),
  desiredStatus: z.enum(['RUNNING', 'PENDING', 'STOPPED']).default('RUNNING'),
  startedBy: z.string().optional(),
  launchType: z.string().optional(),
  ...paging,
});
export const ListTaskDefinitions = z.strictObject({
  familyPrefix: z.string().optional(),
  status: z.enum(['ACTIVE', 'INACTIVE']).default('ACTIVE'),
  sort: z.enum(['ASC', 'DESC']).default('ASC'),
  ...paging,
});

const ContainerOverride = z.strictObject({
  name: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.array(z.strictObject({ name: z.string(), value: z.string() })).default([]),
});
export const RunTask = z.strictObject({
  ...cluster,
  taskDefinition: z.string(),
  count: z.int().min(1).max(10).default(1),
  startedBy: z.string().optional(),
  group: z.string().optional(),
  clientToken: z.string().optional(),
  tags: z.unknown().optional(),
  overrides: z.strictObject({ containerOverrides: z.array(ContainerOverride).default([]) }).prefault({}),
  ...networking,
});
export const StopTask = z.strictObject({
  ...cluster,
  task: z.string(),
  reason: z.string().default('Task stopped by user'),
});
export const DescribeTasks = z.strictObject({
  ...cluster,
  tasks: z.array(z.string()).max(100),
  include: z.unknown().optional(),
});

/** Source of the bounds: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateTaskProtection.html */
export const protectionMinutes = z.int().min(1).max(2_880);
export const defaultProtectionMinutes = 120;
export const UpdateTaskProtection = z.strictObject({
  ...cluster,
  tasks: z.array(z.string()).min(1).max(10),
  protectionEnabled: z.boolean(),
  expiresInMinutes: protectionMinutes.default(defaultProtectionMinutes),
});
export const GetTaskProtection = z.strictObject({ ...cluster, tasks: z.array(z.string()).default([]) });

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
