import type { Connection } from './connection.ts';
import { openTable } from './dynamodb.ts';
import { headStore } from './head-store.ts';
import { history } from './history.ts';
import { judgeStateStore } from './judge-state-store.ts';
import { outbox } from './outbox.ts';
import { pageLog } from './page-log.ts';
import { promotionStore } from './promotion-store.ts';
import { releaseEvidence } from './release-evidence.ts';
import { releaseRegistry } from './release-registry.ts';

/** Every store of an org's table `registry`; nothing is asked for before the first use. */
export const openRegistry = (connection: Connection, tableName: string) => {
  const table = openTable(connection, tableName);
  return {
    heads: headStore(table),
    history: history(table),
    outbox: outbox(table),
    releases: releaseRegistry(table),
    evidence: releaseEvidence(table),
    promotions: promotionStore(table),
    judgeStates: judgeStateStore(table),
    pageLog: pageLog(table),
  };
};
