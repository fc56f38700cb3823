import type { JudgeStateStore } from '#core/canary/judge-state-store.ts';
import type { Org } from '#core/org/org.ts';
import type { ReleaseEvidence } from '#core/evidence/release-evidence.ts';
import type { EdgeStore, HostStore } from '#core/host/leases.ts';
import type { Executions } from '#core/promotion/executions.ts';
import type { MetricReader } from '#core/host/metrics.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import type { ArtifactStore } from '#core/release/artifact-store.ts';
import type { ReleaseRegistry } from '#core/release/release-registry.ts';
import type { CallRecords } from '#core/session/call-records.ts';
import type { KeySource } from '#core/session/key-source.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { History } from '#core/version-set/history.ts';

/** One org as its operator sees it: who it is, and its stores. */
export interface OrgStores {
  readonly org: Org;
  readonly keys: KeySource;
  readonly heads: HeadStore;
  readonly history: History;
  readonly releases: ReleaseRegistry;
  readonly evidence: ReleaseEvidence;
  /** What promotions did, by their records. */
  readonly promotions: PromotionStore;
  /** The executions that carry them. */
  readonly executions: Executions;
  readonly artifacts: ArtifactStore;
  readonly sessions: SessionStore;
  readonly calls: CallRecords;
  readonly judgeStates: JudgeStateStore;
  readonly hosts: HostStore;
  readonly edges: EdgeStore;
  readonly metrics: MetricReader;
}
