import { type Clock, timestampOf } from '#core/clock.ts';
import type { HostStore } from '#core/host/leases.ts';
import type { Log } from '#core/log.ts';
import type { OpenSessions } from '#core/session/open-sessions.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import type { SessionStore } from '#core/session/session-store.ts';

export interface SweepSessionsPorts {
  readonly sessions: Pick<SessionStore, 'close'>;
  readonly open: OpenSessions;
  readonly hosts: Pick<HostStore, 'list'>;
  readonly log: Log;
  readonly clock: Clock;
}

/** Leases last 10 s and a host closes its own records first; a host that is silent for this long is gone. */
const graceMs = 60_000;
/** Open sessions that one run looks at. */
const maxSessions = 20_000;

/** Closes the records of calls whose host is gone, as lost: how they ended was never seen. */
export const sweepSessions =
  ({ sessions, open, hosts, log, clock }: SweepSessionsPorts) =>
  async (): Promise<{ readonly closed: number }> => {
    const nowMs = clock.now();
    const isGone = hostsGone(hosts, nowMs);
    let closed = 0;
    for await (const record of open.list(maxSessions)) {
      const startedMs = Date.parse(record.assignment.startedAt);
      if (nowMs - startedMs < graceMs || !(await isGone(record))) continue;
      await sessions.close(record.assignment.sessionId, {
        endedAt: timestampOf(clock.now()),
        lost: 'after-hand-over',
        outcome: 'failed',
        errorClass: 'process',
        errorDetail: `host ${record.hostId} went away in the middle of the call`,
        costUsd: 0,
        turns: 0,
        slowTurns: 0,
      });
      closed += 1;
    }
    if (closed > 0) log.warn('sessions-closed', { closed });
    return { closed };
  };

/** Asks once per pool. A host without any lease is gone, too: leases stay readable for an hour. */
const hostsGone = (hosts: Pick<HostStore, 'list'>, nowMs: number) => {
  const pools = new Map<string, Promise<ReadonlyMap<string, number>>>();
  return async ({ hostId, assignment: { service, release } }: SessionRecord): Promise<boolean> => {
    const key = `${service}#${release}`;
    const known = pools.get(key) ?? leasesOf(hosts, service, release);
    pools.set(key, known);
    return nowMs - ((await known).get(hostId) ?? 0) > graceMs;
  };
};

const leasesOf = async (hosts: Pick<HostStore, 'list'>, service: string, release: string) =>
  new Map((await hosts.list(service, release)).map(({ hostId, leaseUntil }) => [hostId, leaseUntil] as const));
