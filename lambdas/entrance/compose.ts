import { artifactStore } from '#aws/artifact-store.ts';
import type { Connection } from '#aws/connection.ts';
import { openTable, type Table } from '#aws/dynamodb.ts';
import { headStore } from '#aws/head-store.ts';
import { history } from '#aws/history.ts';
import { pageLog } from '#aws/page-log.ts';
import { pager } from '#aws/pages.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { releaseEvidence } from '#aws/release-evidence.ts';
import { releaseRegistry } from '#aws/release-registry.ts';
import { warmthStore } from '#aws/warmth-store.ts';
import type { AbortPorts } from '#operations/promotion/abort-promotion.ts';
import type { PagePorts } from '#operations/paging/page-promotion.ts';

interface Parts<Environment> {
  readonly connection: Connection;
  readonly environment: Environment;
  readonly now: () => Date;
  readonly by: string;
}

/** What aborting a promotion writes to: the registry and nothing else (invariant 7). */
export const abortPorts = ({
  connection,
  environment,
  now,
  by,
}: Parts<{ readonly REGISTRY_TABLE: string }>): AbortPorts => {
  const registry = openTable(connection, environment.REGISTRY_TABLE);
  return {
    heads: headStore(registry),
    evidence: releaseEvidence(registry),
    promotions: promotionStore(registry),
    now,
    by,
  };
};

/** What a page is read from and sent with. */
export const pagePorts = ({
  connection,
  environment,
  now,
  by,
}: Parts<{
  readonly REGISTRY_TABLE: string;
  readonly ARTIFACT_BUCKET: string;
  readonly PAGES_TOPIC_ARN: string;
}>): PagePorts => {
  const registry = openTable(connection, environment.REGISTRY_TABLE);
  return {
    heads: headStore(registry),
    releases: releaseRegistry(registry),
    evidence: releaseEvidence(registry),
    promotions: promotionStore(registry),
    part: artifactStore(connection, environment.ARTIFACT_BUCKET).get,
    pager: pager(connection, environment.PAGES_TOPIC_ARN),
    pageLog: pageLog(registry),
    now,
    by,
  };
};

/** The stores of the registry, beside what the caller has. */
export const stableStores = (registry: Table) => ({
  heads: headStore(registry),
  history: history(registry),
  evidence: releaseEvidence(registry),
  warmth: warmthStore(registry),
});
