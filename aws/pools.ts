import {
  type ContainerDefinition,
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  ListServicesCommand,
  RegisterTaskDefinitionCommand,
  type Service,
  type TaskDefinition,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { LastgoodError } from '#core/errors.ts';
import { type Pool, type PoolNetwork, type Pools, stillDraining } from '#core/host/pools.ts';
import { poolName, resourceNames } from '#core/org/resource-names.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { ServiceName } from '#core/words/names.ts';
import type { Connection } from './connection.ts';

export const pools = (connection: Connection, cluster: string): Pools => {
  const ecs = connection.client(ECSClient);
  const update = async (name: string, desiredCount: number) => {
    await ecs.send(new UpdateServiceCommand({ cluster, service: name, desiredCount }));
  };
  return {
    ensure: async (service, release, options) => {
      const name = poolName(service, release);
      const present = await findService(ecs, cluster, name);
      if (present === undefined) return createPool(ecs, cluster, service, release, options);
      if (present.status === 'DRAINING') throw stillDraining(name);
      if ((present.desiredCount ?? 0) < options.hosts) await update(name, options.hosts);
    },
    describe: async (service, release) => {
      const present = await findService(ecs, cluster, poolName(service, release));
      return present && toPool(present);
    },
    scale: (service, release, hosts) => update(poolName(service, release), hosts),
    retire: async (service, release) => {
      const name = poolName(service, release);
      const present = await findService(ecs, cluster, name);
      if (present === undefined) return 'gone';
      // Deleted already, and ECS is letting it go: its name is not free yet, but nothing runs in it.
      if (present.status === 'DRAINING') return (present.runningCount ?? 0) > 0 ? 'draining' : 'gone';
      if ((present.desiredCount ?? 0) > 0) await update(name, 0);
      if ((present.runningCount ?? 0) + (present.pendingCount ?? 0) > 0) return 'draining';
      await ecs.send(new DeleteServiceCommand({ cluster, service: name }));
      return 'gone';
    },
    list: (service) => listPools(ecs, cluster, service),
  };
};

/** Deleted services stay visible as INACTIVE for a while; a new one may take their name. */
const findService = async (ecs: ECSClient, cluster: string, name: string): Promise<Service | undefined> => {
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [name] }));
  return services.find((service) => service.status !== 'INACTIVE');
};

const toPool = ({ serviceName, desiredCount, runningCount, pendingCount, events }: Service): Pool => {
  const lastEvent = events?.[0]?.message;
  return {
    name: serviceName ?? '',
    desired: desiredCount ?? 0,
    running: runningCount ?? 0,
    pending: pendingCount ?? 0,
    ...(lastEvent !== undefined && { lastEvent }),
  };
};

const createPool = async (
  ecs: ECSClient,
  cluster: string,
  service: ServiceName,
  release: ReleaseId,
  { hosts, subnets, securityGroup }: PoolNetwork & { readonly hosts: number },
): Promise<void> => {
  const name = poolName(service, release);
  const taskDefinition = await registerTaskDefinition(ecs, name, { SERVICE: service, RELEASE_ID: release });
  await ecs.send(
    new CreateServiceCommand({
      cluster,
      serviceName: name,
      taskDefinition,
      desiredCount: hosts,
      launchType: 'FARGATE',
      networkConfiguration: {
        awsvpcConfiguration: { subnets: [...subnets], securityGroups: [securityGroup], assignPublicIp: 'DISABLED' },
      },
      // A pool that cannot start is the promotion's to report; ECS must not put another definition in its place.
      deploymentConfiguration: { minimumHealthyPercent: 100, maximumPercent: 200 },
      enableECSManagedTags: true,
      propagateTags: 'SERVICE',
      tags: [
        { key: 'lastgood:service', value: service },
        { key: 'lastgood:release', value: release },
      ],
    }),
  );
};

/** The template's newest base definition with a pool's own environment, as a family of its own: the base stays the base. */
const registerTaskDefinition = async (
  ecs: ECSClient,
  family: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> => {
  const { taskDefinition: base } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: resourceNames.hostTaskFamily }),
  );
  if (base === undefined)
    throw new LastgoodError('aws-failed', `ECS has no task definition ${resourceNames.hostTaskFamily}; deploy the org`);
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...copied(base),
      family,
      containerDefinitions: (base.containerDefinitions ?? []).map((container) =>
        withEnvironment(container, environment),
      ),
    }),
  );
  const arn = taskDefinition?.taskDefinitionArn;
  if (arn !== undefined) return arn;
  throw new LastgoodError('aws-failed', `ECS registered the task definition ${family} without naming it`);
};

/** What a registration takes of a description; the rest of a description is ECS's own. */
const copied = (base: TaskDefinition) => ({
  taskRoleArn: base.taskRoleArn,
  executionRoleArn: base.executionRoleArn,
  networkMode: base.networkMode,
  requiresCompatibilities: base.requiresCompatibilities,
  cpu: base.cpu,
  memory: base.memory,
  runtimePlatform: base.runtimePlatform,
  ephemeralStorage: base.ephemeralStorage,
  volumes: base.volumes,
});

const withEnvironment = (
  container: ContainerDefinition,
  environment: Readonly<Record<string, string>>,
): ContainerDefinition => ({
  ...container,
  environment: [
    ...(container.environment ?? []).filter(({ name }) => name === undefined || !(name in environment)),
    ...Object.entries(environment).map(([name, value]) => ({ name, value })),
  ],
});

const listPools = async (ecs: ECSClient, cluster: string, service: ServiceName): Promise<readonly string[]> => {
  const names: string[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < 10; page += 1) {
    const answer = await ecs.send(new ListServicesCommand({ cluster, maxResults: 100, nextToken }));
    for (const arn of answer.serviceArns ?? []) {
      const name = arn.split('/').at(-1) ?? '';
      // `pool-<service>-<12 hex>`: a service name may begin with another's.
      if (name === poolName(service, name.slice(-12))) names.push(name);
    }
    nextToken = answer.nextToken;
    if (nextToken === undefined) break;
  }
  return names;
};
