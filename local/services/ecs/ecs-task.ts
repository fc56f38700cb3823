import { newHex } from '../../chance.ts';
import { dirname } from 'node:path';
import type { CloudContext } from '../../context.ts';
import type { Scope } from '../../http/scope.ts';
import type { ManagedProcess } from '../../processes/processes.ts';
import { inherited } from '../../processes/inherited.ts';
import { freePort } from '../../net/listen.ts';
import { type TaskDefinition, containerOf } from './task-definition.ts';

export interface TaskRequest {
  readonly scope: Scope;
  readonly clusterName: string;
  readonly definition: TaskDefinition;
  /** `service:<name>` or `family:<name>` */
  readonly group: string;
  readonly startedBy: string | undefined;
  readonly command: readonly string[] | undefined;
  readonly environment: readonly { readonly name: string; readonly value: string }[];
}

export type TaskStatus = 'PENDING' | 'RUNNING' | 'STOPPING' | 'STOPPED';

export interface TaskProtection {
  readonly enabled: boolean;
  readonly expiresAt: number | undefined;
}

/** One task: a child process that runs its container's command in the project's folder. */
export class EcsTask {
  readonly id = newHex(16);
  readonly arn: string;
  readonly request: TaskRequest;
  readonly createdAt: number;
  status: TaskStatus = 'PENDING';
  desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING';
  startedAt: number | undefined;
  stoppedAt: number | undefined;
  stoppedReason: string | undefined;
  stopCode: string | undefined;
  exitCode: number | undefined;
  /** Port that replaces PORT of the container; targets are registered with it. */
  port = 0;
  readonly #context: CloudContext;
  #process: ManagedProcess | undefined;
  #protectedUntil: number | undefined;
  readonly #onStopped: (task: EcsTask) => void;

  constructor(context: CloudContext, request: TaskRequest, onStopped: (task: EcsTask) => void) {
    this.#context = context;
    this.request = request;
    this.#onStopped = onStopped;
    this.createdAt = context.clock.now();
    const { account, region } = request.scope;
    this.arn = `arn:aws:ecs:${region}:${account}:task/${request.clusterName}/${this.id}`;
  }

  async start(): Promise<void> {
    const container = containerOf(this.request.definition);
    this.port = await freePort();
    if (this.desiredStatus === 'STOPPED') return this.#finish(undefined, undefined);
    const command = [...(container.entryPoint ?? []), ...(this.request.command ?? container.command ?? [])];
    const [program, ...args] = command;
    if (program === undefined)
      return this.#fail(`the container ${container.name} has no command, and its image is not run here`);
    const managed = this.#context.processes.start({
      name: `task ${this.request.scope.account}.${this.request.scope.region} ${this.request.group}`,
      command: [program, ...args],
      cwd: this.#context.projectRoot,
      env: this.#environment(),
      onLine: (line, stream) =>
        this.#context.log({
          at: this.#context.clock.now(),
          source: 'task',
          level: stream === 'stderr' ? 'warn' : 'info',
          scope: this.request.scope,
          name: this.request.definition.input.family,
          line,
        }),
    });
    this.#process = managed;
    if (managed.pid > 0) {
      this.status = 'RUNNING';
      this.startedAt = this.#context.clock.now();
    }
    void managed.exited.then(({ exitCode, signal }) => this.#finish(exitCode ?? undefined, signal ?? undefined));
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  isProtected(): boolean {
    return this.protection().enabled;
  }

  protection(): TaskProtection {
    const until = this.#protectedUntil;
    return until !== undefined && until > this.#context.clock.now() && this.status !== 'STOPPED'
      ? { enabled: true, expiresAt: until }
      : { enabled: false, expiresAt: undefined };
  }

  setProtection(enabled: boolean, minutes: number): void {
    this.#protectedUntil = enabled ? this.#context.clock.now() + minutes * 60_000 : undefined;
  }

  /**
   * SIGTERM, the container's stopTimeout, SIGKILL.
   * @param graceMs shorter than the stopTimeout when the whole cloud closes
   */
  async stop(reason: string, stopCode: string, graceMs?: number): Promise<void> {
    if (this.status === 'STOPPED') return;
    this.desiredStatus = 'STOPPED';
    this.stoppedReason ??= reason;
    this.stopCode ??= stopCode;
    const stopTimeoutMs = containerOf(this.request.definition).stopTimeout * 1_000;
    if (!this.#process) return;
    this.status = 'STOPPING';
    await this.#process.stop(Math.min(stopTimeoutMs, graceMs ?? stopTimeoutMs));
  }

  #environment(): Record<string, string> {
    const { scope, definition, environment } = this.request;
    const container = containerOf(definition);
    const pairs = [...container.environment, ...environment].map(({ name, value }) => [name, value] as const);
    const own = inherited();
    return {
      ...own,
      // `node` of the image is the Node that runs the cloud, whatever comes first on this machine.
      PATH: `${dirname(process.execPath)}:${own['PATH'] ?? ''}`,
      ...Object.fromEntries(pairs),
      AWS_ENDPOINT_URL: this.#context.endpoint(),
      AWS_REGION: scope.region,
      AWS_ACCESS_KEY_ID: scope.account,
      AWS_SECRET_ACCESS_KEY: 'embedded-cloud',
      ECS_AGENT_URI: `${this.#context.endpoint()}/_ecs/${this.id}/agent`,
      ECS_CONTAINER_METADATA_URI_V4: `${this.#context.endpoint()}/_ecs/${this.id}/metadata`,
      PORT: String(this.port),
    };
  }

  #fail(reason: string): void {
    this.stoppedReason = `CannotStartContainerError: ${reason}`;
    this.stopCode = 'TaskFailedToStart';
    this.#finish(undefined, undefined);
  }

  #finish(exitCode: number | undefined, signal: NodeJS.Signals | undefined): void {
    if (this.status === 'STOPPED') return;
    this.status = 'STOPPED';
    this.desiredStatus = 'STOPPED';
    this.stoppedAt = this.#context.clock.now();
    this.exitCode = exitCode ?? (signal === 'SIGKILL' ? 137 : signal === undefined ? undefined : 143);
    this.stoppedReason ??= 'Essential container in task exited';
    this.stopCode ??= 'EssentialContainerExited';
    this.#onStopped(this);
  }
}
