import type { AlarmTopic, PagesTopic } from './alarm-topic.ts';
import type { ArtifactBucket } from './artifact-bucket.ts';
import type { CallTask } from './call-task.ts';
import type { DataTable } from './data-table.ts';
import type { Network } from './network.ts';
import type { OrgSecret } from './org-secret.ts';

/** The tables, split by who may write them (design: one writer's mistake stays in one table). */
export interface DataTables {
  /** Releases, version sets with their history, evidence, promotions. */
  readonly registry: DataTable<'REGISTRY_TABLE'>;
  /** Customers and their overlays. */
  readonly tenancy: DataTable<'TENANCY_TABLE'>;
  /** One record per call, with its outcome. */
  readonly sessions: DataTable<'SESSIONS_TABLE'>;
  /** Leases of hosts and edges. */
  readonly hosts: DataTable<'HOSTS_TABLE'>;
}

/** What an org keeps, and whatever works with it is granted. */
export interface OrgData {
  readonly tables: DataTables;
  readonly artifacts: ArtifactBucket;
  readonly sessionKey: OrgSecret<'SESSION_KEY_SECRET'>;
  readonly telephony: OrgSecret<'TELEPHONY_SECRET'>;
  /** People. */
  readonly pages: PagesTopic;
  /** Second route of the canary's alarms to the roll-back function. */
  readonly alarms: AlarmTopic;
}

/** Where calls run, for those who look after it. */
export interface CallPlane {
  readonly network: Network;
  readonly hostTask: CallTask<'host'>;
}
