import { type Clock, repeat } from '#core/clock.ts';
import type { EdgeStore, HostStore } from '#core/host/leases.ts';
import type { MetricSink } from '#core/host/metrics.ts';
import { metricNames } from '#core/org/resource-names.ts';
import type { Random, RandomBytes } from '#core/random.ts';
import { signAssignment } from '#core/session/tokens.ts';
import type { KeySource } from '#core/session/key-source.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import { comparisonIdOn } from '#core/version-set/holdback.ts';
import type { OrgName, ServiceName } from '#core/words/names.ts';
import { ArmMetrics } from '../arm-metrics.ts';
import type { CallLog } from '../log.ts';
import { protectWhileBusy, type TaskProtection } from '../protect-while-busy.ts';
import { type SessionLog, SessionSpool } from '../session-spool.ts';
import { answerPhone } from './answer-phone.ts';
import { Dispatcher } from './dispatcher.ts';
import { HeadCache } from './head-cache.ts';
import { HostCache } from './host-cache.ts';
import { HostChoice } from './host-choice.ts';
import { offerCall } from './host-connection.ts';
import { recordLostCalls } from './lost-calls.ts';
import { RateLimiter } from './rate-limiter.ts';
import { RefusalCounts } from './refusal-counts.ts';
import { requestSession } from './request-session.ts';
import { EdgeServer } from './server.ts';
import { takeCall } from './take-call.ts';
import { TicketGate } from './ticket-gate.ts';
import { TicketOffice } from './tickets.ts';
import { WaitQueue } from './wait-queue.ts';

/** New calls follow a moved head within one read and its way: below the second of invariant 6. */
const readEveryMs = 500;
const leaseEveryMs = 2_000;
const leaseMs = 10_000;

export interface EdgePorts {
  readonly clock: Clock;
  readonly log: CallLog;
  readonly keys: KeySource;
  readonly heads: Pick<HeadStore, 'read'>;
  readonly hosts: Pick<HostStore, 'list'>;
  readonly tickets: Pick<SessionStore, 'use'>;
  readonly leases: Pick<EdgeStore, 'write' | 'remove'>;
  readonly sessions: SessionLog;
  readonly metrics: MetricSink;
  readonly protection: TaskProtection;
  readonly random: Random;
  readonly randomBytes: RandomBytes;
}

export interface EdgeConfig {
  readonly org: OrgName;
  readonly edgeId: string;
  /** `ws://` or `wss://`, without a slash at the end. */
  readonly publicUrl: string;
  readonly port: number;
  readonly services: readonly { readonly name: ServiceName; readonly customerCallsPerMinute: number }[];
  readonly maxPendingSessions: number;
  readonly maxWaitMs: number;
  readonly maxConnections: number;
}

export interface RunningEdge {
  readonly port: number;
  readonly calls: () => number;
  readonly queueDepth: () => number;
  /** Takes no new calls; resolves when the live ones have ended by themselves and all is written. */
  readonly drain: () => Promise<void>;
}

/** Starts an edge on its ports; `main.ts` gives the real ones, tests give fakes. */
export const startEdge = async (ports: EdgePorts, config: EdgeConfig): Promise<RunningEdge> => {
  const { clock, log } = ports;
  const { edgeId, publicUrl } = config;
  const { heads, hosts, queue, sessions, metrics, server } = assemble(ports, config);
  const reads = [readHeads(heads, hosts), () => hosts.refresh()];
  const lease = () =>
    ports.leases.write({
      edgeId,
      url: publicUrl,
      leaseUntil: clock.now() + leaseMs,
      headRevisionSeen: heads.revisionsSeen(),
      queueDepth: queue.depth,
    });
  await Promise.all(config.services.map(({ name }) => heads.get(name)));
  for (const read of reads) await read();
  const port = await server.listen(config.port);
  sessions.start();
  metrics.start();
  // Each on its own: a table of hosts that answers late must not keep a moved head from being seen (invariant 6).
  const reading = reads.map((task) =>
    repeat({ clock, everyMs: readEveryMs, task, onError: (error) => log.error('read-failed', { error }) }),
  );
  const leasing = repeat({
    clock,
    everyMs: leaseEveryMs,
    task: lease,
    onError: (error) => log.warn('lease-not-written', { error }),
  });
  const protecting = protectWhileBusy({ clock, log, protection: ports.protection, calls: () => server.calls });
  log.info('edge-ready', { edge: edgeId, port, url: publicUrl });
  return {
    port,
    calls: () => server.calls,
    queueDepth: () => queue.depth,
    drain: async () => {
      log.info('edge-draining', { calls: server.calls });
      await leasing.stop();
      await ports.leases.remove(edgeId).catch((error: unknown) => log.warn('lease-not-removed', { error }));
      await server.drain();
      metrics.stop();
      await Promise.all([...reading.map(({ stop }) => stop()), protecting.stop(), metrics.publish(), sessions.stop()]);
      log.info('edge-drained');
    },
  };
};

/** Reads all heads, and watches the hosts of every release that they name: they are known before a call needs one. */
const readHeads = (heads: HeadCache, hosts: HostCache) => async (): Promise<void> => {
  await heads.refresh();
  for (const { service, stable, lastGood, candidate } of heads.heads)
    for (const release of [stable, lastGood, ...(candidate ? [candidate.release] : [])]) hosts.watch(service, release);
};

const assemble = (ports: EdgePorts, config: EdgeConfig) => {
  const { clock, log, keys, random, randomBytes } = ports;
  const { org, edgeId, publicUrl } = config;
  const heads = new HeadCache({ reader: ports.heads, clock, log });
  const hosts = new HostCache({ directory: ports.hosts, clock, log });
  const queue = new WaitQueue({ clock, maxPending: config.maxPendingSessions, maxWaitMs: config.maxWaitMs });
  const sessions = new SessionSpool({ log, clock, sessions: ports.sessions });
  const refusals = new RefusalCounts(config.services.map(({ name }) => name));
  const metrics = new ArmMetrics({
    clock,
    log,
    sink: ports.metrics,
    services: config.services.map(({ name }) => name),
    names: [metricNames.sessionsAssigned],
    livePromotions: (service) =>
      Promise.resolve(heads.heads.flatMap((head) => (head.service === service ? (comparisonIdOn(head) ?? []) : []))),
    gauges: () => [
      ...config.services.map(({ name }) => ({
        name: metricNames.pendingSessions,
        value: queue.depthOf(name),
        dimensions: { Service: name },
      })),
      ...refusals.take(),
    ],
  });
  const recordLost = recordLostCalls({ sessions, clock, log, writer: `edge:${edgeId}` });
  const dispatcher = new Dispatcher({
    clock,
    sign: async (assignment) => signAssignment(await keys.sessionKey(), assignment, clock.now()),
    heads,
    hosts,
    choice: new HostChoice(clock, random),
    queue,
    offerCall: offerCall(clock),
    onLost: (lost) => {
      refusals.count(lost);
      void recordLost(lost);
    },
  });
  const limiter = () => new RateLimiter(clock);
  const callsPerMinute = new Map(
    config.services.map(({ name, customerCallsPerMinute }) => [name, customerCallsPerMinute]),
  );
  const office = new TicketOffice({ clock, keys, limiter: limiter(), randomBytes, publicUrl, callsPerMinute });
  const server = new EdgeServer({
    log,
    maxConnections: config.maxConnections,
    requestSession: requestSession({ org, clock, keys, office, log }),
    answerPhone: answerPhone({ org, keys, office, publicUrl, log }),
    takeCall: takeCall({
      clock,
      keys,
      log,
      gate: new TicketGate({ book: ports.tickets, clock, log }),
      dispatcher,
      limiter: limiter(),
      callsPerMinute,
      onStarted: ({ assignment }) => {
        if (!assignment.probe) metrics.count(metricNames.sessionsAssigned, assignment);
      },
    }),
  });
  return { heads, hosts, queue, sessions, metrics, server };
};
