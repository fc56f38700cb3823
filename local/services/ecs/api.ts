import { newNumber } from '../../chance.ts';
import type { z } from 'zod';
import type { CloudContext, PerScope } from '../../context.ts';
import { AwsError } from '../../http/aws-error.ts';
import { type JsonApi, operationsOf } from '../../http/operation.ts';
import type { Scope } from '../../http/scope.ts';
import type { RestApi } from '../../http/rest.ts';
import type { TargetGroups } from '../elbv2/target-groups.ts';
import {
  type EcsState,
  activeTaskDefinition,
  describeCluster,
  ecsStates,
  findTask,
  findTaskDefinition,
  lastPart,
  requireCluster,
} from './state.ts';
import * as inputs from './inputs.ts';
import { describeService } from './service-view.ts';
import type { EcsService } from './ecs-service.ts';
import type { ServiceScheduler } from './service-scheduler.ts';
import { type TaskDefinition, TaskDefinitionInput, containerOf, describeTaskDefinition } from './task-definition.ts';
import { handleTaskEndpoint, taskEndpointPrefix, taskEndpoints } from './task-endpoints.ts';
import { taskOperations } from './task-operations.ts';
import { TaskRunner } from './task-runner.ts';
import type { EcsTask } from './ecs-task.ts';

const operation = operationsOf({ invalid: 'InvalidParameterException' });
const definitionOperation = operationsOf({ invalid: 'ClientException' });

const maxServices = 200;

const deploymentId = (): string => `ecs-svc/${String(newNumber(2 ** 47)).padStart(19, '0')}`;

/** ECS: clusters, task definitions and services; a task is a child process of the cloud. */
export class Ecs {
  readonly api: JsonApi;
  /** What containers of running tasks find at the addresses in their environment. */
  readonly endpoints: RestApi;
  readonly #context: CloudContext;
  readonly #runner: TaskRunner;
  readonly #scopes: PerScope<EcsState>;

  constructor(context: CloudContext, targets: TargetGroups) {
    this.#context = context;
    this.#scopes = ecsStates(context);
    this.#runner = new TaskRunner(context, targets, this.#scopes);
    this.endpoints = {
      service: 'ecs',
      pathPrefix: taskEndpointPrefix,
      operations: taskEndpoints,
      handle: (request, response, _scope, url) =>
        handleTaskEndpoint(
          request,
          response,
          url,
          (id) => this.#anyTask(id),
          (task) => this.#runner.schedulerOf(task)?.reconcile(),
        ),
    };
    this.api = {
      target: 'AmazonEC2ContainerServiceV20141113',
      operations: {
        RegisterTaskDefinition: definitionOperation(TaskDefinitionInput, async (scope, input) => ({
          taskDefinition: describeTaskDefinition(await this.registerTaskDefinition(scope, input)),
          tags: input.tags,
        })),
        CreateCluster: operation(inputs.CreateCluster, async (scope, input) => {
          await this.ensureCluster(scope, input.clusterName);
          return { cluster: describeCluster(scope, input.clusterName) };
        }),
        CreateService: operation(inputs.CreateService, async (scope, input) => ({
          service: await this.createService(scope, input),
        })),
        UpdateService: operation(inputs.UpdateService, async (scope, input) => ({
          service: await this.updateService(scope, input),
        })),
        DeleteService: operation(inputs.DeleteService, async (scope, input) => ({
          service: await this.deleteService(scope, input),
        })),
        DescribeServices: operation(inputs.DescribeServices, (scope, input) => this.#describeServices(scope, input)),
        ListServices: operation(inputs.ListServices, (scope, input) => {
          const state = this.#scopes.get(scope);
          const cluster = requireCluster(state, input.cluster);
          const arns = Object.values(state.stored.value.services)
            .filter((one) => one.clusterName === cluster && one.status !== 'INACTIVE')
            .map(({ arn }) => arn);
          return inputs.arnPage('serviceArns', arns, input);
        }),
        ...taskOperations(
          this.#scopes,
          (scope, request) => this.#runner.startTask(scope, request),
          (task) => this.#runner.schedulerOf(task)?.reconcile(),
        ),
      },
    };
  }

  async ensureCluster(scope: Scope, name: string): Promise<void> {
    const { stored } = this.#scopes.get(scope);
    if (stored.value.clusters.includes(name)) return;
    stored.value.clusters.push(name);
    await stored.save();
  }

  /** Adds a revision to a family. */
  async registerTaskDefinition(scope: Scope, input: TaskDefinitionInput): Promise<TaskDefinition> {
    const { stored } = this.#scopes.get(scope);
    const revisions = stored.value.taskDefinitions[input.family] ?? [];
    const revision = (revisions.at(-1)?.revision ?? 0) + 1;
    const definition: TaskDefinition = {
      arn: `arn:aws:ecs:${scope.region}:${scope.account}:task-definition/${input.family}:${revision}`,
      revision,
      status: 'ACTIVE',
      registeredAt: this.#context.clock.now(),
      input,
    };
    stored.value.taskDefinitions[input.family] = [...revisions, definition];
    await stored.save();
    return definition;
  }

  hasTaskDefinition(scope: Scope, arn: string): boolean {
    return Object.values(this.#scopes.get(scope).stored.value.taskDefinitions).some((revisions) =>
      revisions.some((one) => one.arn === arn),
    );
  }

  async deregisterTaskDefinition(scope: Scope, arn: string): Promise<void> {
    const state = this.#scopes.get(scope);
    findTaskDefinition(state, arn).status = 'INACTIVE';
    await state.stored.save();
  }

  async createService(scope: Scope, input: z.infer<typeof inputs.CreateService>): Promise<object> {
    const state = this.#scopes.get(scope);
    const clusterName = requireCluster(state, input.cluster);
    const key = `${clusterName}/${input.serviceName}`;
    const { services } = state.stored.value;
    const known = services[key];
    if (
      known &&
      known.status !== 'INACTIVE' &&
      known.clientToken === input.clientToken &&
      input.clientToken !== undefined
    )
      return this.#view(this.#runner.schedule(scope, known));
    if (known && known.status !== 'INACTIVE')
      throw new AwsError('InvalidParameterException', 'Creation of service was not idempotent.');
    if (Object.values(services).filter(({ status }) => status !== 'INACTIVE').length >= maxServices)
      throw new AwsError('ServiceQuotaExceededException', `the embedded cloud runs at most ${maxServices} services`);
    const definition = activeTaskDefinition(state, input.taskDefinition);
    for (const loadBalancer of input.loadBalancers) checkLoadBalancer(definition, loadBalancer);
    const now = this.#context.clock.now();
    const record: EcsService = {
      arn: `arn:aws:ecs:${scope.region}:${scope.account}:service/${key}`,
      name: input.serviceName,
      clusterName,
      taskDefinition: definition.arn,
      desiredCount: input.desiredCount,
      status: 'ACTIVE',
      createdAt: now,
      loadBalancers: input.loadBalancers,
      deploymentId: deploymentId(),
      deployedAt: now,
      tags: input.tags,
      clientToken: input.clientToken,
    };
    services[key] = record;
    await state.stored.save();
    return this.#view(this.#runner.schedule(scope, record));
  }

  async updateService(scope: Scope, input: z.infer<typeof inputs.UpdateService>): Promise<object> {
    const state = this.#scopes.get(scope);
    const record = this.#findService(state, input.cluster, input.service);
    if (record.status !== 'ACTIVE') throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
    const taskDefinition =
      input.taskDefinition === undefined
        ? record.taskDefinition
        : activeTaskDefinition(state, input.taskDefinition).arn;
    if (taskDefinition !== record.taskDefinition || input.forceNewDeployment) {
      record.deploymentId = deploymentId();
      record.deployedAt = this.#context.clock.now();
    }
    record.taskDefinition = taskDefinition;
    record.desiredCount = input.desiredCount ?? record.desiredCount;
    await state.stored.save();
    const scheduler = this.#runner.schedule(scope, record);
    scheduler.reconcile();
    return this.#view(scheduler);
  }

  async deleteService(scope: Scope, input: z.infer<typeof inputs.DeleteService>): Promise<object> {
    const state = this.#scopes.get(scope);
    const record = this.#findService(state, input.cluster, input.service);
    if (record.status === 'INACTIVE') throw new AwsError('ServiceNotFoundException', 'Service not found.');
    if (record.desiredCount > 0 && !input.force)
      throw new AwsError('InvalidParameterException', 'The service cannot be stopped while it is scaled above 0.');
    record.status = 'DRAINING';
    record.desiredCount = 0;
    await state.stored.save();
    const scheduler = this.#runner.schedule(scope, record);
    if (input.force) void scheduler.stopAll('Service deleted by force');
    scheduler.reconcile();
    return this.#view(scheduler);
  }

  /** Starts the services that an earlier cloud left; call when what their tasks need is deployed. */
  resume(scope: Scope): void {
    for (const record of Object.values(this.#scopes.get(scope).stored.value.services))
      if (record.status !== 'INACTIVE') this.#runner.schedule(scope, record).reconcile();
  }

  hasService(scope: Scope, cluster: string, name: string): boolean {
    const record = this.#scopes.get(scope).stored.value.services[`${cluster}/${name}`];
    return record !== undefined && record.status === 'ACTIVE';
  }

  close(): Promise<void> {
    return this.#runner.close();
  }

  #findService(state: EcsState, cluster: string, service: string): EcsService {
    const record = state.stored.value.services[`${requireCluster(state, cluster)}/${lastPart(service)}`];
    if (!record) throw new AwsError('ServiceNotFoundException', `Service not found: ${lastPart(service)}`);
    return record;
  }

  #describeServices(scope: Scope, input: z.infer<typeof inputs.DescribeServices>): object {
    const state = this.#scopes.get(scope);
    const cluster = requireCluster(state, input.cluster);
    const found = input.services.map((ref) => ({
      ref,
      record: state.stored.value.services[`${cluster}/${lastPart(ref)}`],
    }));
    return {
      services: found.flatMap(({ record }) =>
        record ? [describeService(scope, record, state.schedulers.get(record.arn), input.include !== undefined)] : [],
      ),
      failures: found.flatMap(({ ref, record }) =>
        record
          ? []
          : [
              {
                arn: `arn:aws:ecs:${scope.region}:${scope.account}:service/${cluster}/${lastPart(ref)}`,
                reason: 'MISSING',
              },
            ],
      ),
    };
  }

  #view(scheduler: ServiceScheduler): object {
    const [, , , region = '', account = ''] = scheduler.service.arn.split(':');
    return describeService({ region, account }, scheduler.service, scheduler);
  }

  #anyTask(id: string): EcsTask | undefined {
    for (const state of this.#scopes.values()) {
      const task = findTask(state, id);
      if (task) return task;
    }
    return undefined;
  }
}

/** A load balancer names a container and a port that the task definition has. */
const checkLoadBalancer = (definition: TaskDefinition, wanted: EcsService['loadBalancers'][number]): void => {
  const { name, portMappings } = containerOf(definition);
  if (wanted.containerName !== name) {
    throw new AwsError(
      'InvalidParameterException',
      `The container ${wanted.containerName} does not exist in the task definition.`,
    );
  }
  if (!portMappings.some(({ containerPort }) => containerPort === wanted.containerPort)) {
    throw new AwsError(
      'InvalidParameterException',
      `The container ${name} did not have a container port ${wanted.containerPort} defined.`,
    );
  }
};
