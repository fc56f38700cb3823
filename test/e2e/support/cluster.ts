import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReleaseBuild } from '#core/release/assemble.ts';
import { signCustomerToken } from '#core/session/tokens.ts';
import { systemClock } from '#core/clock.ts';
import { type RunningEdge, startEdge } from '#runtime/edge/edge.ts';
import {
  fakeEdgeLeases,
  FakeHeads,
  FakeHosts,
  FakeMetrics,
  FakeProtection,
  FakeSessions,
  fakeKeys,
  memoryLog,
  sessionKey,
} from '../../runtime/support/fakes.ts';
import { customerId, org, service } from '../../runtime/support/heads.ts';
import { sourceOf } from '../../runtime/support/release.ts';
import { Phone } from './phone.ts';

export interface HostProcessSetup {
  readonly hostId: string;
  readonly releaseId: string;
  readonly warmProcesses: number;
  readonly maxProcesses: number;
  readonly maxSessionSeconds: number;
  readonly compileCache: string;
}

export interface HostProcess {
  readonly hostId: string;
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
}

/** Process ids of the direct children of a process (Linux). */
export const childrenOf = (pid: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => {
      try {
        return Number(readFileSync(`/proc/${candidate}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]) === pid;
      } catch {
        return false;
      }
    });

const compileCache = mkdtempSync(join(tmpdir(), 'lastgood-compile-cache-'));

/** One edge in this process and hosts as processes of their own, over the same in-memory tables. */
export class Cluster implements AsyncDisposable {
  readonly heads = new FakeHeads();
  readonly hosts = new FakeHosts();
  readonly sessions = new FakeSessions();
  readonly metrics = new FakeMetrics();
  readonly protection = new FakeProtection();
  readonly lines: Record<string, unknown>[] = [];
  readonly #hosts: HostProcess[] = [];
  edge: RunningEdge | undefined;

  /** Starts a host for a release and waits until its processes are warm. */
  async startHost(build: ReleaseBuild, options: Partial<HostProcessSetup> = {}): Promise<HostProcess> {
    const setup: HostProcessSetup = {
      hostId: `host-${this.#hosts.length + 1}`,
      releaseId: build.id,
      warmProcesses: 2,
      maxProcesses: 10,
      maxSessionSeconds: 600,
      compileCache,
      ...options,
    };
    const child = fork(fileURLToPath(new URL('host-process.ts', import.meta.url)), [JSON.stringify(setup)], {
      execArgv: [],
      stdio: ['ignore', process.env['SHOW_LOGS'] ? 'inherit' : 'ignore', 'inherit', 'ipc'],
    });
    const { parts: _parts, ...source } = sourceOf(build);
    const ports: Record<string, object> = {
      ...source,
      leases: this.hosts,
      sessions: this.sessions,
      metrics: this.metrics,
      protection: this.protection,
    };
    child.on('message', (message: { id: number; port: string; method: string; args: unknown[] }) => {
      const { id, port, method, args } = message;
      const answer = (reply: object) => child.connected && child.send({ id, ...reply });
      Promise.resolve()
        .then(() => (ports[port] as Record<string, (...given: unknown[]) => unknown>)[method]?.(...args))
        .then(
          (value) => answer(value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : { value }),
          (error: Error) => answer({ error: error.message }),
        );
    });
    const exited = once(child, 'exit').then(([code]) => code as number | null);
    const host = { hostId: setup.hostId, child, exited };
    this.#hosts.push(host);
    await this.hosts.until((leases) =>
      leases.some(
        (lease) => lease.hostId === setup.hostId && lease.ready && lease.freeProcesses >= setup.warmProcesses,
      ),
    );
    return host;
  }

  async startEdge(
    options: { readonly maxPendingSessions?: number; readonly maxWaitMs?: number } = {},
  ): Promise<RunningEdge> {
    const { log, lines } = memoryLog(Date.now, 'edge');
    this.edge = await startEdge(
      {
        clock: systemClock,
        log,
        keys: fakeKeys,
        heads: this.heads,
        hosts: this.hosts,
        tickets: this.sessions,
        leases: fakeEdgeLeases(),
        sessions: this.sessions,
        metrics: this.metrics,
        protection: this.protection,
        random: Math.random,
        randomBytes,
      },
      {
        org,
        edgeId: 'edge-1',
        publicUrl: 'ws://calls.example.org',
        port: 0,
        services: [{ name: service, customerCallsPerMinute: 600 }],
        maxPendingSessions: 10,
        maxWaitMs: 10_000,
        maxConnections: 100,
        ...options,
      },
    );
    this.lines.push(...lines);
    return this.edge;
  }

  /** Asks the edge for a ticket, as an app would. */
  async ticket(affinityKey?: string): Promise<{ readonly url: string; readonly sessionId: string }> {
    const token = await signCustomerToken(sessionKey, { sub: customerId, org }, Date.now());
    const response = await fetch(`http://127.0.0.1:${this.edge?.port}/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ service, ...(affinityKey !== undefined && { affinityKey }) }),
    });
    const { url, sessionId } = (await response.json()) as { url: string; sessionId: string };
    return { url: url.replace('ws://calls.example.org', `ws://127.0.0.1:${this.edge?.port}`), sessionId };
  }

  /** Places a call. */
  async call(
    script: readonly string[] = [],
    affinityKey?: string,
  ): Promise<{ readonly phone: Phone; readonly sessionId: string }> {
    const { url, sessionId } = await this.ticket(affinityKey);
    return { phone: await new Phone(url, script).begin(), sessionId };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child, exited } of this.#hosts) {
      child.kill('SIGKILL');
      await exited;
    }
    await this.edge?.drain();
  }
}

process.once('exit', () => rmSync(compileCache, { recursive: true, force: true }));
