import type { ReleaseEvidence } from '#core/evidence/release-evidence.ts';
import type { EdgeStore } from '#core/host/leases.ts';
import type { PageLog } from '#core/promotion/pager.ts';
import type { ReleaseRegistry } from '#core/release/release-registry.ts';
import type { KeySource } from '#core/session/key-source.ts';
import { headStoreOver } from '#core/version-set/head-protocol.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import { historyOver } from '#core/version-set/history-over.ts';
import type { History } from '#core/version-set/history.ts';
import { type Outbox, outboxOver } from '#core/version-set/outbox.ts';
import { type MemoryAlarms, memoryAlarms } from './alarm-reader.ts';
import { type MemoryArtifactStore, memoryArtifactStore } from './artifact-store.ts';
import { type MemoryExecutions, type MemoryExecutionsOptions, memoryExecutions } from './executions.ts';
import { type MemoryHeadItems, type MemoryHeadOptions, memoryHeadItems } from './head-items.ts';
import { type MemoryJudgeStates, memoryJudgeStates } from './judge-state-store.ts';
import { type Keys, memoryKeys } from './key-source.ts';
import { memoryEdgeStore, type MemoryHostStore, memoryHostStore } from './leases.ts';
import { type MemoryMetrics, memoryMetrics } from './metric-sink.ts';
import { type MemoryPager, memoryPageLog, memoryPager } from './pager.ts';
import { type MemoryPools, memoryPools, type MemoryPoolsOptions } from './pools.ts';
import { type MemoryPromotionStore, memoryPromotionStore } from './promotion-store.ts';
import { type MemoryEvidence, memoryEvidence } from './release-evidence.ts';
import { memoryReleaseRegistry } from './release-registry.ts';
import { type MemorySessionOptions, type MemorySessionStore, memorySessionStore } from './session-store.ts';
import { type MemoryTenancyStore, memoryTenancyStore } from './tenancy-store.ts';
import type { MemoryOptions } from './wire.ts';

/** Everything that an org's account holds, in memory. Whoever has it has every port of one org and of no other. */
export interface MemoryOrg {
  readonly headItems: MemoryHeadItems;
  readonly heads: HeadStore;
  readonly history: History;
  readonly outbox: Outbox;
  readonly releases: ReleaseRegistry;
  readonly evidence: MemoryEvidence & ReleaseEvidence;
  readonly promotions: MemoryPromotionStore;
  readonly judgeStates: MemoryJudgeStates;
  readonly executions: MemoryExecutions;
  readonly artifacts: MemoryArtifactStore;
  readonly sessions: MemorySessionStore;
  readonly tenancy: MemoryTenancyStore;
  readonly hosts: MemoryHostStore;
  readonly edges: EdgeStore;
  readonly pools: MemoryPools;
  readonly pager: MemoryPager;
  readonly pageLog: PageLog;
  readonly alarms: MemoryAlarms;
  readonly metrics: MemoryMetrics;
  readonly keys: KeySource;
}

export interface MemoryOrgOptions extends MemoryOptions {
  /** Numbers in [0, 1): the jitter of writers that lost a race. */
  readonly random: () => number;
  readonly keys: Keys;
  /** @default - a release stands as registry and evidence say */
  readonly standing?: MemoryHeadOptions['standing'];
  readonly heads?: Pick<MemoryHeadOptions, 'onChange'>;
  readonly sessions?: Pick<MemorySessionOptions, 'indexLagMs' | 'onChange'>;
  readonly pools?: Pick<MemoryPoolsOptions, 'startMs' | 'protectedTasks' | 'refusal'>;
  readonly executions?: Pick<MemoryExecutionsOptions, 'onStart'>;
}

export const openMemoryOrg = (options: MemoryOrgOptions): MemoryOrg => {
  const { clock, random, wire, keys } = options;
  const base: MemoryOptions = { clock, ...(wire && { wire }) };
  const evidence = memoryEvidence(base);
  const releases = memoryReleaseRegistry({ ...base, quarantineOf: evidence.quarantineOf });
  const headItems = memoryHeadItems({ ...base, ...options.heads, standing: options.standing ?? releases.standing });
  return {
    headItems,
    heads: headStoreOver(headItems, { clock, random }),
    history: historyOver(headItems),
    outbox: outboxOver(headItems),
    releases,
    evidence,
    promotions: memoryPromotionStore(base),
    judgeStates: memoryJudgeStates(base),
    executions: memoryExecutions({ ...base, ...options.executions }),
    artifacts: memoryArtifactStore(base),
    sessions: memorySessionStore({ ...base, ...options.sessions }),
    tenancy: memoryTenancyStore(base),
    hosts: memoryHostStore(base),
    edges: memoryEdgeStore(base),
    pools: memoryPools({ ...base, ...options.pools }),
    pager: memoryPager(base),
    pageLog: memoryPageLog(base),
    alarms: memoryAlarms(base),
    metrics: memoryMetrics(base),
    keys: memoryKeys(base, () => keys),
  };
};
