import type { JudgeStateStore } from '#core/canary/judge-state-store.ts';
import type { ReleaseEvidence } from '#core/evidence/release-evidence.ts';
import type { EdgeStore, HostStore } from '#core/host/leases.ts';
import type { MetricReader, MetricSink } from '#core/host/metrics.ts';
import type { Pools } from '#core/host/pools.ts';
import type { OverlayVersion, TenancyStore } from '#core/overlay/tenancy-store.ts';
import type { AlarmReader } from '#core/promotion/alarm-reader.ts';
import type { Executions } from '#core/promotion/executions.ts';
import type { PageLog, Pager } from '#core/promotion/pager.ts';
import type { PromotionInput } from '#core/promotion/promotion-input.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import type { ArtifactStore } from '#core/release/artifact-store.ts';
import type { ReleaseRegistry } from '#core/release/release-registry.ts';
import type { CallRecords } from '#core/session/call-records.ts';
import type { KeySource } from '#core/session/key-source.ts';
import type { OpenSessions } from '#core/session/open-sessions.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { HeadItems } from '#core/version-set/head-items.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import type { History } from '#core/version-set/history.ts';
import type { Outbox } from '#core/version-set/outbox.ts';
import type { Digest, ReleaseId } from '#core/words/digest.ts';
import type { PromotionId } from '#core/words/ids.ts';
import { type CustomerId, ServiceName, type SetName } from '#core/words/names.ts';

/** What no port allows and somebody with access to the account could do. */
export interface Doors {
  readonly removeEntry: (service: ServiceName, set: SetName, revision: number) => Promise<void>;
  /** Puts a head in place, whatever stands there. */
  readonly plantHead: (head: Head) => Promise<void>;
  /** A session whose fields need not be what a store would write. */
  readonly plantSession: (session: SessionRecord) => Promise<void>;
  /** A state of a judge that nobody can read. */
  readonly spoilState: (comparisonId: PromotionId) => Promise<void>;
  readonly plantArtifact: (digest: Digest, bytes: Uint8Array) => Promise<void>;
  readonly plantOverlay: (key: CustomerId, overlay: OverlayVersion) => Promise<void>;
  /** Deletes a pool whose tasks take their time to end. */
  readonly deletePool: (service: ServiceName, release: ReleaseId) => Promise<void>;
  /** Lets an execution end in whatever way it ends. */
  readonly endExecution: (input: PromotionInput) => Promise<void>;
}

/** Every port of one org, from one kind of adapters. */
export interface PortsUnderTest {
  readonly headItems: HeadItems;
  readonly heads: HeadStore;
  readonly history: History;
  readonly outbox: Outbox;
  readonly releases: ReleaseRegistry;
  readonly evidence: ReleaseEvidence;
  readonly promotions: PromotionStore;
  readonly judgeStates: JudgeStateStore;
  readonly executions: Executions;
  readonly artifacts: ArtifactStore;
  readonly sessions: SessionStore;
  readonly openSessions: OpenSessions;
  readonly calls: CallRecords;
  readonly tenancy: TenancyStore;
  readonly hosts: HostStore;
  readonly edges: EdgeStore;
  readonly pools: Pools;
  readonly pager: Pager;
  readonly pageLog: PageLog;
  readonly alarms: AlarmReader;
  readonly metrics: MetricSink & MetricReader;
  readonly keys: KeySource;
  readonly doors: Doors;
  /** What the stores take for now, epoch milliseconds. */
  readonly now: () => number;
}

/** Asked inside tests, when the ports have been opened. */
export type Opened = () => PortsUnderTest;

let services = 0;

/** Each test has a service of its own, so that tests share tables and nothing else. */
export const newService = (): ServiceName => {
  services += 1;
  return ServiceName.parse(`service-${services}`);
};

/** `task` sixteen times at once. */
export const sixteen = <T>(task: (index: number) => Promise<T>): Promise<readonly PromiseSettledResult<T>[]> =>
  Promise.allSettled(Array.from({ length: 16 }, (_, index) => task(index)));

/** What the sixteen answered. @throws when one of them failed */
export const answersOf = <T>(results: readonly PromiseSettledResult<T>[]): readonly T[] =>
  results.map((result) => {
    if (result.status === 'fulfilled') return result.value;
    throw result.reason;
  });

export const allOf = async <T>(items: AsyncIterable<T>): Promise<readonly T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};
