import type { Artifact, ArtifactStore } from '#core/release/artifact-store.ts';
import type { EdgeLease, EdgeStore, HostLease, HostStore } from '#core/host/leases.ts';
import type { MetricPoint, MetricSink } from '#core/host/metrics.ts';
import type { KeySource } from '#core/session/key-source.ts';
import type { SessionRecord, SessionResult } from '#core/session/session-record.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import { type Digest, digestOf } from '#core/words/digest.ts';
import { createLog, type CallLog } from '#runtime/log.ts';
import type { TaskProtection } from '#runtime/protect-while-busy.ts';
import type { SessionLog } from '#runtime/session-spool.ts';

export const sessionKey = new TextEncoder().encode('a-key-of-at-least-thirty-two-bytes!');
export const telephonyToken = 'telephony-token';

export const fakeKeys: KeySource = {
  sessionKey: async () => sessionKey,
  telephonyAuthToken: async () => telephonyToken,
};

/** Anything that can be switched off, as DynamoDB can. */
class Switchable {
  down = false;

  protected check(): void {
    if (this.down) throw new Error('the table cannot be reached');
  }
}

export class FakeHeads extends Switchable implements Pick<HeadStore, 'read'> {
  readonly heads = new Map<string, Head>();
  reads = 0;

  set(head: Head): void {
    this.heads.set(`${head.service}#${head.set}`, head);
  }

  readonly read = async (service: string, set: string): Promise<Head | undefined> => {
    this.reads++;
    this.check();
    return this.heads.get(`${service}#${set}`);
  };
}

/** The table `hosts`: what hosts write, edges read. */
export class FakeHosts extends Switchable implements HostStore {
  readonly leases = new Map<string, HostLease>();
  #watchers: (() => void)[] = [];

  readonly write = async (lease: HostLease): Promise<void> => {
    this.check();
    this.leases.set(lease.hostId, lease);
    for (const watcher of this.#watchers) watcher();
  };

  readonly remove = async ({ hostId }: Pick<HostLease, 'hostId'>): Promise<void> => {
    this.check();
    this.leases.delete(hostId);
    for (const watcher of this.#watchers) watcher();
  };

  readonly list = async (service: string, releaseId: string): Promise<readonly HostLease[]> => {
    this.check();
    return [...this.leases.values()].filter((lease) => lease.service === service && lease.releaseId === releaseId);
  };

  /** Resolves when the leases are as wanted, now or after a write. */
  until(wanted: (leases: readonly HostLease[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!wanted([...this.leases.values()])) return;
        this.#watchers = this.#watchers.filter((watcher) => watcher !== look);
        resolve();
      };
      this.#watchers.push(look);
      look();
    });
  }
}

/** The table `sessions`. */
export class FakeSessions extends Switchable implements SessionLog, Pick<SessionStore, 'use'> {
  readonly records = new Map<string, SessionRecord>();
  readonly firstCalls = new Map<string, string>();
  readonly usedTickets = new Set<string>();
  #watchers: (() => void)[] = [];

  readonly claimFirstCall = async (promotionId: string, callerHash: string, sessionId: string): Promise<boolean> => {
    this.check();
    const key = `${promotionId}#${callerHash}`;
    if (!this.firstCalls.has(key)) this.firstCalls.set(key, sessionId);
    return this.firstCalls.get(key) === sessionId;
  };

  readonly open = async (record: SessionRecord): Promise<boolean> => {
    this.check();
    const known = this.records.get(record.assignment.sessionId);
    if (known) return known.hostId === record.hostId;
    this.records.set(record.assignment.sessionId, record);
    this.#changed();
    return true;
  };

  readonly close = async (sessionId: string, result: SessionResult): Promise<void> => {
    this.check();
    const record = this.records.get(sessionId);
    if (!record || record.result) return;
    this.records.set(sessionId, { ...record, result });
    this.#changed();
  };

  readonly use = async (ticketId: string): Promise<boolean> => {
    this.check();
    const isNew = !this.usedTickets.has(ticketId);
    this.usedTickets.add(ticketId);
    return isNew;
  };

  /** Resolves with the record once it is as wanted. */
  until(
    sessionId: string,
    wanted: (record: SessionRecord) => boolean = ({ result }) => result !== undefined,
  ): Promise<SessionRecord> {
    return new Promise((resolve) => {
      const look = () => {
        const record = this.records.get(sessionId);
        if (!record || !wanted(record)) return;
        this.#watchers = this.#watchers.filter((watcher) => watcher !== look);
        resolve(record);
      };
      this.#watchers.push(look);
      look();
    });
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

export class FakeEdgeLeases implements Pick<EdgeStore, 'write' | 'remove'> {
  readonly leases = new Map<string, EdgeLease>();

  readonly write = async (lease: EdgeLease): Promise<void> => {
    this.leases.set(lease.edgeId, lease);
  };

  readonly remove = async (edgeId: string): Promise<void> => {
    this.leases.delete(edgeId);
  };
}

/** Artifacts by digest. */
export class FakeArtifacts extends Switchable implements Pick<ArtifactStore, 'put'> {
  readonly stored = new Map<Digest, Artifact>();

  readonly put = async (artifact: Artifact): Promise<{ digest: Digest; isNew: boolean }> => {
    this.check();
    const digest = digestOf(artifact.bytes);
    const isNew = !this.stored.has(digest);
    this.stored.set(digest, artifact);
    return { digest, isNew };
  };
}

export class FakeMetrics implements MetricSink {
  readonly published: { readonly points: readonly MetricPoint[]; readonly at: Date }[] = [];

  readonly publish = async (points: readonly MetricPoint[], at: Date): Promise<void> => {
    this.published.push({ points, at });
  };

  last(name: string, arm: string): number | undefined {
    return this.published.at(-1)?.points.find((point) => point.name === name && point.dimensions['Arm'] === arm)?.value;
  }
}

export class FakeProtection implements TaskProtection {
  readonly changes: boolean[] = [];

  readonly set = async (enabled: boolean): Promise<void> => {
    this.changes.push(enabled);
  };
}

/** A log that keeps its lines. */
export const memoryLog = (
  now: () => number,
  component = 'test',
): { readonly log: CallLog; readonly lines: Record<string, unknown>[] } => {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return { log: createLog({ component, org: 'acme', now, write }), lines };
};
