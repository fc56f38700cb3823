import { availableParallelism } from 'node:os';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { type Clock, type Repeating } from '#core/clock.ts';
import type { HostLease, HostStore } from '#core/host/leases.ts';
import type { MetricSink } from '#core/host/metrics.ts';
import { metricNames } from '#core/org/resource-names.ts';
import type { ArtifactStore } from '#core/release/artifact-store.ts';
import type { KeySource } from '#core/session/key-source.ts';
import type { SessionAssignment, SessionResult } from '#core/session/session-record.ts';
import { verifyAssignment } from '#core/session/tokens.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { PromotionId } from '#core/words/ids.ts';
import type { ServiceName } from '#core/words/names.ts';
import { ArmMetrics } from '../arm-metrics.ts';
import type { CallLog } from '../log.ts';
import { protectWhileBusy, type TaskProtection } from '../protect-while-busy.ts';
import { type SessionLog, SessionSpool } from '../session-spool.ts';
import type { AgentProcess } from './agent-process.ts';
import { LeaseWriter } from './lease-writer.ts';
import { ProcessPool } from './process-pool.ts';
import { createHostServer, listen, type HostRefusal } from './server.ts';
import type { ConfigSource } from './session-configs.ts';
import { superviseCall } from './supervise-call.ts';

export interface HostPorts {
  readonly clock: Clock;
  readonly log: CallLog;
  readonly keys: KeySource;
  readonly leases: Pick<HostStore, 'write' | 'remove'>;
  readonly sessions: SessionLog;
  readonly configs: ConfigSource;
  /** Takes transcripts. */
  readonly artifacts: Pick<ArtifactStore, 'put'>;
  readonly metrics: MetricSink;
  /** Comparisons that run on heads of the service now. */
  readonly livePromotions: (service: ServiceName) => Promise<readonly PromotionId[]>;
  readonly protection: TaskProtection;
  readonly spawn: () => AgentProcess;
  readonly memoryOf: (pid: number) => Promise<number | undefined>;
}

export interface HostConfig {
  readonly hostId: string;
  readonly service: ServiceName;
  readonly releaseId: ReleaseId;
  /** Address that edges reach this host at, without the port. */
  readonly address: string;
  readonly port: number;
  readonly warmProcesses: number;
  readonly maxProcesses: number;
  readonly maxSessionSeconds: number;
  readonly maxMemoryBytes: number;
  /** Between SIGTERM and SIGKILL; calls still live shortly before get a spoken goodbye instead of a cut. */
  readonly stopTimeoutSeconds: number;
}

const goodbyeBeforeStopMs = 15_000;
const upgradeKey = /^[+/0-9A-Za-z]{22}==$/;

/** Supervises the agent processes of one verified release. */
export class Host {
  readonly #ports: HostPorts;
  readonly #config: HostConfig;
  readonly #pool: ProcessPool;
  readonly #sessions: SessionSpool;
  readonly #metrics: ArmMetrics;
  readonly #leases: LeaseWriter;
  readonly #server: Server;
  readonly #calls = new Map<AgentProcess, Promise<void>>();
  #protecting: Repeating | undefined;
  #address = '';
  #draining = false;
  #warmed = false;

  constructor(ports: HostPorts, config: HostConfig) {
    this.#ports = ports;
    this.#config = config;
    const { clock, log } = ports;
    this.#sessions = new SessionSpool({ clock, log, sessions: ports.sessions });
    this.#metrics = new ArmMetrics({
      clock,
      log,
      sink: ports.metrics,
      services: [config.service],
      livePromotions: ports.livePromotions,
      names: [metricNames.callsStarted, metricNames.callsEnded, metricNames.callsFailed],
      tenMinuteNames: {
        [metricNames.callsStarted]: metricNames.callsStartedIn10Minutes,
        [metricNames.callsFailed]: metricNames.callsFailedIn10Minutes,
      },
    });
    this.#leases = new LeaseWriter({ clock, log, leases: ports.leases, current: () => this.#lease() });
    this.#pool = new ProcessPool({
      clock,
      log,
      spawn: ports.spawn,
      warm: config.warmProcesses,
      max: config.maxProcesses,
      startingAtOnce: availableParallelism(),
      onChange: () => {
        this.#warmed ||= this.#pool.free > 0;
        this.#leases.changed();
      },
    });
    this.#server = createHostServer({
      takeCall: (request, socket, head) => this.#takeCall(request, socket, head),
      healthy: () => this.#ready && !this.#draining,
    });
  }

  get activeCalls(): number {
    return this.#calls.size;
  }

  /** Listens, warms up and reports. @returns the port */
  async start(): Promise<number> {
    const { clock, log, protection } = this.#ports;
    const port = await listen(this.#server, this.#config.port);
    this.#address = `${this.#config.address}:${port}`;
    this.#pool.fill();
    this.#sessions.start();
    this.#metrics.start();
    this.#leases.start();
    this.#protecting = protectWhileBusy({ clock, log, protection, calls: () => this.#calls.size });
    log.info('host-started', { host: this.#config.hostId, address: this.#address, release: this.#config.releaseId });
    return port;
  }

  /** No new calls; live ones finish, with a goodbye when the task is about to be killed. Resolves when all is written. */
  async drain(): Promise<void> {
    const { clock, log } = this.#ports;
    this.#draining = true;
    log.info('host-draining', { calls: this.#calls.size });
    this.#pool.stop();
    this.#leases.changed();
    const sayGoodbye = clock.after(Math.max(0, this.#config.stopTimeoutSeconds * 1_000 - goodbyeBeforeStopMs), () => {
      for (const process of this.#calls.keys()) process.send({ type: 'goodbye' });
    });
    while (this.#calls.size > 0) await Promise.all(this.#calls.values());
    sayGoodbye();
    this.#server.close();
    this.#server.closeAllConnections();
    this.#metrics.stop();
    await Promise.all([this.#metrics.publish(), this.#sessions.stop(), this.#protecting?.stop(), this.#leases.stop()]);
    log.info('host-drained');
  }

  /** A process of this release has been warm once, and its processes go on starting. */
  get #ready(): boolean {
    return !this.#pool.failing && (this.#warmed || this.#config.warmProcesses === 0);
  }

  #lease(): Omit<HostLease, 'leaseUntil'> {
    const { hostId, service, releaseId, warmProcesses } = this.#config;
    return {
      hostId,
      service,
      releaseId,
      address: this.#address,
      freeProcesses: this.#draining ? 0 : this.#pool.free,
      activeSessions: this.#calls.size,
      warmTarget: warmProcesses,
      ready: this.#ready,
      draining: this.#draining,
      ...(this.#pool.failing && { problem: 'agent processes of this release do not start' }),
    };
  }

  async #takeCall(request: IncomingMessage, socket: Socket, head: Buffer): Promise<HostRefusal | undefined> {
    const { clock, keys, log } = this.#ports;
    if (this.#draining) return 'draining';
    if (!upgradeKey.test(request.headers['sec-websocket-key'] ?? '')) return 'bad-request';
    const token = request.headers['x-lastgood-session'];
    const assignment = await verifyAssignment(await keys.sessionKey(), String(token), clock.now()).catch(
      (error: unknown) => {
        log.warn('assignment-refused', { error });
        return undefined;
      },
    );
    if (assignment?.release !== this.#config.releaseId || assignment.service !== this.#config.service)
      return 'unauthorized';
    const process = await this.#pool.take();
    if (!process) return this.#pool.failing ? 'not-ready' : 'busy';
    if (socket.destroyed || this.#draining) {
      process.kill();
      return 'draining';
    }
    this.#handOver(process, assignment, request, socket, head);
    return undefined;
  }

  #handOver(
    process: AgentProcess,
    assignment: SessionAssignment,
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
  ): void {
    const { method = 'GET', url = '/calls', headers } = request;
    const { 'x-lastgood-session': _token, ...forwarded } = headers;
    const more = (socket.read() as Buffer | null) ?? Buffer.alloc(0);
    process.send(
      {
        type: 'call',
        assignment,
        request: { method, url, headers: forwarded },
        head: Buffer.concat([head, more]).toString('base64'),
      },
      socket,
    );
    const count = (name: string) => {
      if (!assignment.probe) this.#metrics.count(name, assignment);
    };
    const over = superviseCall(process, assignment, {
      ...this.#ports,
      ...this.#config,
      sessions: this.#sessions,
      onStarted: () => count(metricNames.callsStarted),
      onEnded: (_assignment, { outcome }: SessionResult) => {
        count(metricNames.callsEnded);
        if (outcome === 'failed') count(metricNames.callsFailed);
      },
    }).finally(() => {
      this.#calls.delete(process);
      this.#leases.changed();
    });
    this.#calls.set(process, over);
  }
}
