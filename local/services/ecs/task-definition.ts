import { z } from 'zod';

/** Members that change nothing here: sizes, logging and isolation are the machine's. */
const withoutBehaviour = {
  cpu: z.unknown().optional(),
  memory: z.unknown().optional(),
  memoryReservation: z.unknown().optional(),
  readonlyRootFilesystem: z.unknown().optional(),
  ulimits: z.unknown().optional(),
  linuxParameters: z.unknown().optional(),
  systemControls: z.unknown().optional(),
  logConfiguration: z.unknown().optional(),
  user: z.unknown().optional(),
  privileged: z.unknown().optional(),
  interactive: z.unknown().optional(),
  pseudoTerminal: z.unknown().optional(),
  versionConsistency: z.unknown().optional(),
  dockerLabels: z.unknown().optional(),
};

const none = <T>(what: string) =>
  z.array(z.custom<T>()).max(0, `the embedded cloud does not support ${what}`).optional();

export const ContainerDefinition = z.strictObject({
  name: z.string(),
  image: z.string(),
  entryPoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z.array(z.strictObject({ name: z.string(), value: z.string() })).default([]),
  portMappings: z
    .array(
      z.strictObject({
        containerPort: z.int(),
        hostPort: z.int().optional(),
        protocol: z.string().optional(),
        name: z.string().optional(),
        appProtocol: z.string().optional(),
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
  ...withoutBehaviour,
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
  networkMode: z.string().optional(),
  requiresCompatibilities: z.array(z.string()).optional(),
  cpu: z.string().optional(),
  memory: z.string().optional(),
  runtimePlatform: z.unknown().optional(),
  ephemeralStorage: z.unknown().optional(),
  placementConstraints: none('placement constraints'),
  tags: z.unknown().optional(),
  pidMode: z.string().optional(),
  ipcMode: z.string().optional(),
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
