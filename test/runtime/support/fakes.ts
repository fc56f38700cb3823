import type { EdgeStore, HostLease, HostStore } from '#core/host/leases.ts';
import type { MetricPoint, MetricSink } from '#core/host/metrics.ts';
import type { Artifact, ArtifactStore } from '#core/release/artifact-store.ts';
import type { KeySource } from '#core/session/key-source.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import type { Digest } from '#core/words/digest.ts';
import { memoryArtifactStore } from '#memory/artifact-store.ts';
import { memoryHeadItems } from '#memory/head-items.ts';
import { memoryKeys } from '#memory/key-source.ts';
import { memoryEdgeStore, memoryHostStore } from '#memory/leases.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { memoryMetrics } from '#memory/metric-sink.ts';
import { memorySessionStore } from '#memory/session-store.ts';
import type { MemoryOptions, Operation } from '#memory/wire.ts';
import { createLog, type CallLog } from '#runtime/log.ts';
import type { TaskProtection } from '#runtime/protect-while-busy.ts';

const keyText = 'a-key-of-at-least-thirty-two-bytes!';
export const sessionKey = new TextEncoder().encode(keyText);
export const telephonyToken = 'telephony-token';

/** Nothing here expires, whatever time the test plays at. */
const clock = new ManualClock(0);

export const fakeKeys: KeySource = memoryKeys({ clock }, () => ({
  sessionKey: keyText,
  telephonyAuthToken: telephonyToken,
}));

/** A store in memory that can be switched off, as DynamoDB can, and that counts what it is asked. */
class Switchable {
  down = false;
  reads = 0;

  protected readonly options: MemoryOptions = {
    clock,
    wire: {
      before: async ({ kind }: Operation) => {
        if (kind === 'read') this.reads++;
        if (this.down) throw new Error('the table cannot be reached');
      },
    },
  };
}

/** Looks again after each write until something is as wanted. */
class Watchers {
  #looks: (() => void)[] = [];

  readonly changed = (): void => {
    for (const look of this.#looks) look();
  };

  until<T>(find: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const look = () => {
        const found = find();
        if (found === undefined) return;
        this.#looks = this.#looks.filter((other) => other !== look);
        resolve(found);
      };
      this.#looks.push(look);
      look();
    });
  }
}

export class FakeHeads extends Switchable implements Pick<HeadStore, 'read'> {
  readonly #items = memoryHeadItems({ ...this.options, standing: async () => 'registered' });
  readonly read = this.#items.read;

  set(head: Head): void {
    this.#items.heads.place(`${head.service}#${head.set}`, head);
  }
}

/** The table `hosts`: what hosts write, edges read. */
export class FakeHosts extends Switchable implements HostStore {
  readonly #store = memoryHostStore(this.options);
  readonly #watchers = new Watchers();
  readonly list = this.#store.list;

  readonly write = async (lease: HostLease): Promise<void> => {
    await this.#store.write(lease);
    this.#watchers.changed();
  };

  readonly remove: HostStore['remove'] = async (lease) => {
    await this.#store.remove(lease);
    this.#watchers.changed();
  };

  has(hostId: string): boolean {
    return this.#store.leases.all().some((lease) => lease.hostId === hostId);
  }

  /** Resolves when the leases are as wanted, now or after a write. */
  async until(wanted: (leases: readonly HostLease[]) => boolean): Promise<void> {
    await this.#watchers.until(() => wanted(this.#store.leases.all()) || undefined);
  }
}

/** The table `sessions`. */
export class FakeSessions
  extends Switchable
  implements Pick<SessionStore, 'open' | 'close' | 'vouch' | 'claimFirstCall' | 'use'>
{
  readonly #watchers = new Watchers();
  readonly #store = memorySessionStore({ ...this.options, onChange: this.#watchers.changed });
  readonly records = this.#store.records;
  readonly open = this.#store.open;
  readonly close = this.#store.close;
  readonly vouch = this.#store.vouch;
  readonly claimFirstCall = this.#store.claimFirstCall;
  readonly use = this.#store.use;

  /** Resolves with the record once it is as wanted. */
  until(
    sessionId: string,
    wanted: (record: SessionRecord) => boolean = ({ result }) => result !== undefined,
  ): Promise<SessionRecord> {
    return this.#watchers.until(() => {
      const record = this.records.peek(sessionId);
      return record && wanted(record) ? record : undefined;
    });
  }
}

export const fakeEdgeLeases = (): EdgeStore => memoryEdgeStore({ clock });

/** Artifacts by digest. */
export class FakeArtifacts extends Switchable implements Pick<ArtifactStore, 'put'> {
  readonly #store = memoryArtifactStore(this.options);
  readonly mediaTypes = new Map<Digest, string>();

  readonly put = async (artifact: Artifact): Promise<{ digest: Digest; isNew: boolean }> => {
    const stored = await this.#store.put(artifact);
    this.mediaTypes.set(stored.digest, artifact.mediaType);
    return stored;
  };
}

export class FakeMetrics implements MetricSink {
  readonly #sink = memoryMetrics({ clock });
  readonly published: { readonly points: readonly MetricPoint[]; readonly at: Date }[] = [];

  readonly publish = async (points: readonly MetricPoint[], at: Date): Promise<void> => {
    await this.#sink.publish(points, at);
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
