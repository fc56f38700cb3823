import { every } from '#core/clock.ts';
import type { CloudContext } from '../../context.ts';
import type { Scope } from '../../http/scope.ts';
import type { EcsTask } from './ecs-task.ts';
import type { EcsService } from './ecs-service.ts';

export interface SchedulerPorts {
  /** Creates and starts a task of the service's present task definition. */
  startTask(service: EcsService): EcsTask;
  /** Tells load balancers about the service's running tasks. */
  registerTarget(service: EcsService, task: EcsTask): void;
  deregisterTarget(service: EcsService, task: EcsTask): void;
  /** True when load balancers would send the task new connections, or none is attached. */
  isHealthy(service: EcsService, task: EcsTask): boolean;
  inactive(service: EcsService): void;
}

export interface ServiceEvent {
  readonly at: number;
  readonly message: string;
}

const reconcileMs = 1_000;
const firstBackoffMs = 500;
const maxBackoffMs = 30_000;
/** A task that lived this long was no failed start. */
const stableMs = 60_000;
const maxEvents = 100;

/**
 * Keeps the tasks of one service at the desired count: starts missing ones (with growing pauses after failures),
 * replaces those of an older deployment once new ones are healthy, and stops surplus ones unless they are protected.
 * Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
 */
export class ServiceScheduler {
  readonly events: ServiceEvent[] = [];
  readonly service: EcsService;
  readonly #context: CloudContext;
  readonly #scope: Scope;
  readonly #ports: SchedulerPorts;
  readonly #tasks = new Map<EcsTask, string>();
  readonly #timer: () => void;
  #failures = 0;
  #nextStartAt = 0;
  #closed = false;

  constructor(context: CloudContext, scope: Scope, service: EcsService, ports: SchedulerPorts) {
    this.#context = context;
    this.#scope = scope;
    this.service = service;
    this.#ports = ports;
    this.#timer = every(context.clock, reconcileMs, () => this.reconcile());
  }

  liveTasks(): readonly EcsTask[] {
    return [...this.#tasks.keys()];
  }

  /** Task counts of the deployment in charge and of older ones. */
  counts(): { readonly running: number; readonly pending: number; readonly current: number; readonly older: number } {
    const live = this.liveTasks();
    const current = live.filter((task) => this.#isCurrent(task)).length;
    return {
      running: live.filter((task) => task.status === 'RUNNING').length,
      pending: live.filter((task) => task.status === 'PENDING').length,
      current,
      older: live.length - current,
    };
  }

  /** True when protected tasks keep the count above what is desired. */
  isBlocked(): boolean {
    return this.#surplus().some((task) => task.isProtected());
  }

  onStopped(task: EcsTask): void {
    if (!this.#tasks.has(task)) return;
    this.#tasks.delete(task);
    this.#ports.deregisterTarget(this.service, task);
    if (task.stopCode === 'ServiceSchedulerInitiated' || task.stopCode === 'UserInitiated') this.#failures = 0;
    else {
      const lived = (task.stoppedAt ?? 0) - (task.startedAt ?? task.stoppedAt ?? 0);
      this.#failures = lived >= stableMs ? 0 : this.#failures + 1;
      const pause = this.#failures === 0 ? 0 : Math.min(maxBackoffMs, firstBackoffMs * 2 ** (this.#failures - 1));
      this.#nextStartAt = this.#context.clock.now() + pause;
      this.#say(
        `(service ${this.service.name}) task ${task.id} stopped: ${task.stoppedReason ?? ''} (exit code ${task.exitCode ?? 'none'}); next start in ${pause} ms`,
      );
    }
    this.reconcile();
  }

  reconcile(): void {
    if (this.#closed || this.service.status === 'INACTIVE') return;
    this.#startMissing();
    this.#stopSurplus();
    if (this.service.status === 'DRAINING' && this.#tasks.size === 0) {
      this.service.status = 'INACTIVE';
      this.#timer();
      this.#ports.inactive(this.service);
    }
  }

  /** Stops every task at once, protected ones too. */
  async stopAll(reason: string, graceMs?: number): Promise<void> {
    await Promise.all(this.liveTasks().map((task) => this.#stop(task, reason, graceMs)));
  }

  /** Leaves its tasks as they are and starts no more. */
  close(): void {
    this.#closed = true;
    this.#timer();
  }

  #isCurrent(task: EcsTask): boolean {
    return this.#tasks.get(task) === this.service.deploymentId;
  }

  #startMissing(): void {
    const live = this.liveTasks().filter((task) => this.#isCurrent(task) && task.desiredStatus === 'RUNNING');
    const missing = this.service.desiredCount - live.length;
    if (missing <= 0 || this.#context.clock.now() < this.#nextStartAt) return;
    // After a failure one task at a time tries whether things are better.
    for (let count = this.#failures === 0 ? missing : 1; count > 0; count -= 1) {
      const task = this.#ports.startTask(this.service);
      this.#tasks.set(task, this.service.deploymentId);
      void task.start().finally(() => {
        if (task.status === 'RUNNING') this.#ports.registerTarget(this.service, task);
      });
    }
  }

  /** Older tasks beyond what still must stand in for new ones, and current tasks beyond the desired count. */
  #surplus(): readonly EcsTask[] {
    const wanted = this.liveTasks().filter((task) => task.desiredStatus === 'RUNNING');
    const current = wanted.filter((task) => this.#isCurrent(task));
    const older = wanted.filter((task) => !this.#isCurrent(task));
    const healthy = current.filter(
      (task) => task.status === 'RUNNING' && this.#ports.isHealthy(this.service, task),
    ).length;
    const standIns = Math.max(0, this.service.desiredCount - healthy);
    // Unprotected tasks go first, so that protected ones are what the count is kept up with.
    const byProtection = (tasks: readonly EcsTask[]) =>
      [...tasks].sort((a, b) => Number(a.isProtected()) - Number(b.isProtected()));
    return [
      ...byProtection(older).slice(0, Math.max(0, older.length - standIns)),
      ...byProtection(current).slice(0, Math.max(0, current.length - this.service.desiredCount)),
    ];
  }

  #stopSurplus(): void {
    for (const task of this.#surplus()) {
      if (task.isProtected())
        this.#say(`(service ${this.service.name}) was unable to stop task ${task.id} due to task protection`);
      else void this.#stop(task, `Scaling activity initiated by (deployment ${this.service.deploymentId})`);
    }
  }

  #stop(task: EcsTask, reason: string, graceMs?: number): Promise<void> {
    // No new connections from now on; those it has stay.
    this.#ports.deregisterTarget(this.service, task);
    return task.stop(reason, 'ServiceSchedulerInitiated', graceMs);
  }

  #say(message: string): void {
    if (this.events.at(-1)?.message === message) return;
    this.events.push({ at: this.#context.clock.now(), message });
    if (this.events.length > maxEvents) this.events.shift();
    this.#context.log({
      at: this.#context.clock.now(),
      source: 'cloud',
      level: 'info',
      scope: this.#scope,
      name: 'ecs',
      line: message,
    });
  }
}
