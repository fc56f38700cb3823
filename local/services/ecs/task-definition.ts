import { z } from 'zod';
import { lowerCaseTags } from '../tags.ts';

const none = (what: string) => z.array(z.never(`the embedded cloud does not support ${what}`)).optional();

/** Sizes, logging and isolation are the machine's: these are checked and kept, and change nothing here. */
const ofTheMachine = {
  cpu: z.int().min(0).optional(),
  memory: z.int().min(4).optional(),
  memoryReservation: z.int().min(4).optional(),
  readonlyRootFilesystem: z.boolean().optional(),
  ulimits: z.array(z.strictObject({ name: z.string(), softLimit: z.int(), hardLimit: z.int() })).optional(),
  linuxParameters: z
    .strictObject({
      initProcessEnabled: z.boolean().optional(),
      capabilities: z
        .strictObject({ add: z.array(z.string()).optional(), drop: z.array(z.string()).optional() })
        .optional(),
    })
    .optional(),
  systemControls: z.array(z.strictObject({ namespace: z.string(), value: z.string() })).optional(),
  logConfiguration: z
    .strictObject({
      logDriver: z.string(),
      options: z.record(z.string(), z.string()).optional(),
      secretOptions: none('secrets of logs'),
    })
    .optional(),
  user: z.string().optional(),
  privileged: z.literal(false, 'Fargate runs no privileged containers').optional(),
  interactive: z.boolean().optional(),
  pseudoTerminal: z.boolean().optional(),
  versionConsistency: z.enum(['enabled', 'disabled']).optional(),
  dockerLabels: z.record(z.string(), z.string()).optional(),
};

export const ContainerDefinition = z.strictObject({
  name: z.string().regex(/^[\w-]{1,255}$/, 'a container name has 1-255 letters, digits, _ or -'),
  image: z.string().min(1),
  entryPoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z.array(z.strictObject({ name: z.string(), value: z.string() })).default([]),
  portMappings: z
    .array(
      z.strictObject({
        containerPort: z.int().min(0).max(65_535),
        hostPort: z.int().min(0).max(65_535).optional(),
        protocol: z.enum(['tcp', 'udp']).optional(),
        name: z.string().optional(),
        appProtocol: z.enum(['http', 'http2', 'grpc']).optional(),
      }),
    )
    .default([]),
  /** Seconds between SIGTERM and SIGKILL. @default 30 */
  stopTimeout: z.int().min(0).max(120).default(30),
  essential: z.literal(true, 'the one container of a task must be essential').default(true),
  mountPoints: none('mount points'),
  volumesFrom: none('volumes'),
  environmentFiles: none('environment files'),
  secrets: none('secrets of containers; read them with the SDK'),
  ...ofTheMachine,
});
export type ContainerDefinition = z.infer<typeof ContainerDefinition>;

/** A task definition in the shape of the API. One container per task: a task is one process here. */
export const TaskDefinitionInput = z.strictObject({
  family: z.string().regex(/^[\w-]{1,255}$/, 'a family has 1-255 letters, digits, _ or -'),
  containerDefinitions: z
    .array(ContainerDefinition)
    .length(1, 'the embedded cloud runs tasks of exactly one container'),
  volumes: none('volumes'),
  // A task runs as this user on this machine, whatever its roles and size.
  taskRoleArn: z.string().optional(),
  executionRoleArn: z.string().optional(),
  networkMode: z.enum(['awsvpc', 'bridge', 'host', 'none']).optional(),
  requiresCompatibilities: z.array(z.enum(['FARGATE', 'EC2'])).optional(),
  cpu: z.string().optional(),
  memory: z.string().optional(),
  runtimePlatform: z
    .strictObject({
      cpuArchitecture: z.enum(['X86_64', 'ARM64']).optional(),
      operatingSystemFamily: z.literal('LINUX').optional(),
    })
    .optional(),
  ephemeralStorage: z.strictObject({ sizeInGiB: z.int().min(21).max(200) }).optional(),
  placementConstraints: none('placement constraints'),
  tags: lowerCaseTags.optional(),
  pidMode: z.literal('task').optional(),
  ipcMode: z.literal('none').optional(),
  enableFaultInjection: z.literal(false).optional(),
});
export type TaskDefinitionInput = z.infer<typeof TaskDefinitionInput>;

export const TaskDefinition = z.object({
  arn: z.string(),
  revision: z.number(),
  status: z.enum(['ACTIVE', 'INACTIVE']),
  registeredAt: z.number(),
  input: TaskDefinitionInput,
});
export type TaskDefinition = z.infer<typeof TaskDefinition>;

/** As DescribeTaskDefinition answers it. */
export const describeTaskDefinition = ({ arn, revision, status, registeredAt, input }: TaskDefinition): object => ({
  ...input,
  tags: undefined,
  taskDefinitionArn: arn,
  revision,
  status,
  compatibilities: ['EC2', 'FARGATE'],
  registeredAt: registeredAt / 1_000,
});

/** The one container; the schema guarantees it. */
export const containerOf = (definition: TaskDefinition): ContainerDefinition => {
  const [container] = definition.input.containerDefinitions;
  if (!container) throw new Error(`${definition.arn} has no container`);
  return container;
};
