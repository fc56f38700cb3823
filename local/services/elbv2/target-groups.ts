import { every } from '#core/clock.ts';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { CloudContext } from '../../context.ts';

export interface HealthCheck {
  readonly protocol: 'TCP' | 'HTTP';
  /** Of HTTP checks. */
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly unhealthyThreshold: number;
}

export interface Target {
  readonly id: string;
  readonly port: number;
}

interface CheckedTarget extends Target {
  healthy: boolean;
  failures: number;
  readonly checks: () => void;
}

interface TargetGroup {
  healthCheck: HealthCheck;
  readonly targets: Map<string, CheckedTarget>;
  next: number;
}

/** A new target is looked at this often until it is healthy: on this machine nobody wants to wait for thresholds. */
const startingIntervalMs = 100;

const tcpCheck = (port: number, timeoutMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: timeoutMs });
    const end = (healthy: boolean): void => {
      socket.destroy();
      resolve(healthy);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });

const httpCheck = (port: number, path: string, timeoutMs: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = request({ port, host: '127.0.0.1', path, timeout: timeoutMs, agent: false }, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) >= 200 && (response.statusCode ?? 500) < 400);
    });
    probe.once('timeout', () => probe.destroy(new Error('timeout')));
    probe.once('error', () => resolve(false));
    probe.end();
  });

/** Target groups: who gets new connections. Deregistering a target never cuts the connections it has. */
export class TargetGroups {
  readonly #context: CloudContext;
  readonly #groups = new Map<string, TargetGroup>();

  constructor(context: CloudContext) {
    this.#context = context;
  }

  put(arn: string, healthCheck: HealthCheck): void {
    const known = this.#groups.get(arn);
    if (known) known.healthCheck = healthCheck;
    else this.#groups.set(arn, { healthCheck, targets: new Map(), next: 0 });
  }

  remove(arn: string): void {
    for (const id of this.#groups.get(arn)?.targets.keys() ?? []) this.deregister(arn, id);
    this.#groups.delete(arn);
  }

  register(arn: string, { id, port }: Target): void {
    const group = this.#groups.get(arn);
    if (!group || group.targets.has(id)) return;
    let checking = false;
    let waitedMs = 0;
    const target: CheckedTarget = {
      id,
      port,
      healthy: false,
      failures: 0,
      checks: every(this.#context.clock, startingIntervalMs, () => {
        waitedMs += startingIntervalMs;
        if (checking || (target.healthy && waitedMs < group.healthCheck.intervalMs)) return;
        waitedMs = 0;
        checking = true;
        void this.#check(group, target).finally(() => {
          checking = false;
        });
      }),
    };
    group.targets.set(id, target);
  }

  deregister(arn: string, id: string): void {
    const group = this.#groups.get(arn);
    group?.targets.get(id)?.checks();
    group?.targets.delete(id);
  }

  isHealthy(arn: string, id: string): boolean {
    return this.#groups.get(arn)?.targets.get(id)?.healthy ?? false;
  }

  /** The target of a new connection, in turn among the healthy ones; with none healthy all are tried, as an NLB does. */
  choose(arn: string): Target | undefined {
    const group = this.#groups.get(arn);
    if (!group) return undefined;
    const all = [...group.targets.values()];
    const healthy = all.filter((target) => target.healthy);
    const candidates = healthy.length > 0 ? healthy : all;
    group.next += 1;
    return candidates[group.next % Math.max(1, candidates.length)];
  }

  close(): void {
    for (const arn of this.#groups.keys()) this.remove(arn);
  }

  async #check(group: TargetGroup, target: CheckedTarget): Promise<void> {
    const { protocol, path, timeoutMs, unhealthyThreshold } = group.healthCheck;
    const good =
      protocol === 'HTTP' ? await httpCheck(target.port, path, timeoutMs) : await tcpCheck(target.port, timeoutMs);
    target.failures = good ? 0 : target.failures + 1;
    if (good) target.healthy = true;
    else if (target.failures >= unhealthyThreshold) target.healthy = false;
  }
}
