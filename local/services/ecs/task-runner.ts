import type { CloudContext, PerScope } from '../../context.ts';
import type { Scope } from '../../http/scope.ts';
import type { TargetGroups } from '../elbv2/target-groups.ts';
import { type EcsState, findTaskDefinition, rememberTask } from './state.ts';
import type { EcsService } from './ecs-service.ts';
import { ServiceScheduler } from './service-scheduler.ts';
import { EcsTask, type TaskRequest } from './ecs-task.ts';

/** Tasks get this long after SIGTERM when the whole cloud closes. */
const closeGraceMs = 5_000;

/** Starts tasks and keeps one scheduler per service. */
export class TaskRunner {
  readonly #context: CloudContext;
  readonly #targets: TargetGroups;
  readonly #scopes: PerScope<EcsState>;

  constructor(context: CloudContext, targets: TargetGroups, scopes: PerScope<EcsState>) {
    this.#context = context;
    this.#targets = targets;
    this.#scopes = scopes;
  }

  /** The scheduler of a service, started when it has none. */
  schedule(scope: Scope, record: EcsService): ServiceScheduler {
    const state = this.#scopes.get(scope);
    const known = state.schedulers.get(record.arn);
    if (known?.service === record) return known;
    known?.close();
    const scheduler = new ServiceScheduler(this.#context, scope, record, {
      startTask: (service) => this.#serviceTask(scope, service),
      registerTarget: (service, task) =>
        this.#eachTargetGroup(service, (arn) => this.#targets.register(arn, { id: task.id, port: task.port })),
      deregisterTarget: (service, task) =>
        this.#eachTargetGroup(service, (arn) => this.#targets.deregister(arn, task.id)),
      isHealthy: (service, task) =>
        service.loadBalancers.every(({ targetGroupArn }) => this.#targets.isHealthy(targetGroupArn, task.id)),
      inactive: () => {
        state.schedulers.delete(record.arn);
        void state.stored.save();
      },
    });
    state.schedulers.set(record.arn, scheduler);
    scheduler.reconcile();
    return scheduler;
  }

  #eachTargetGroup(service: EcsService, run: (arn: string) => void): void {
    for (const { targetGroupArn } of service.loadBalancers) run(targetGroupArn);
  }

  #serviceTask(scope: Scope, service: EcsService): EcsTask {
    return this.#newTask(scope, {
      scope,
      clusterName: service.clusterName,
      definition: findTaskDefinition(this.#scopes.get(scope), service.taskDefinition),
      group: `service:${service.name}`,
      startedBy: service.deploymentId,
      command: undefined,
      environment: [],
    });
  }

  /** Starts a task that belongs to no service. */
  startTask(scope: Scope, request: TaskRequest): EcsTask {
    const task = this.#newTask(scope, request);
    void task.start();
    return task;
  }

  #newTask(scope: Scope, request: TaskRequest): EcsTask {
    const task = new EcsTask(this.#context, request, (stopped) => this.schedulerOf(stopped)?.onStopped(stopped));
    rememberTask(this.#scopes.get(scope), task);
    return task;
  }

  schedulerOf(task: EcsTask): ServiceScheduler | undefined {
    const { scope, clusterName, group } = task.request;
    const { account, region } = scope;
    return this.#scopes
      .get(scope)
      .schedulers.get(`arn:aws:ecs:${region}:${account}:service/${clusterName}/${group.slice('service:'.length)}`);
  }

  async close(): Promise<void> {
    const states = [...this.#scopes.values()];
    for (const state of states) for (const scheduler of state.schedulers.values()) scheduler.close();
    const tasks = states.flatMap((state) => [...state.tasks.values()]);
    await Promise.all(tasks.map((task) => task.stop('The embedded cloud is closing', 'UserInitiated', closeGraceMs)));
  }
}
