import { artifactStore } from '#aws/artifact-store.ts';
import type { Connection } from '#aws/connection.ts';
import { openTable } from '#aws/dynamodb.ts';
import type { AbortPorts } from '#operations/promotion/end-promotion.ts';
import { headStore } from '#aws/head-store.ts';
import { pageLog } from '#aws/page-log.ts';
import type { PagePorts } from '#operations/promotion/page-promotion.ts';
import { pager } from '#aws/pages.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { releaseEvidence } from '#aws/release-evidence.ts';
import { releaseRegistry } from '#aws/release-registry.ts';

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
