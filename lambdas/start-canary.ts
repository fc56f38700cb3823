import { alarmReader } from '#aws/alarms.ts';
import { openTable } from '#aws/dynamodb.ts';
import { headStore } from '#aws/head-store.ts';
import { hostStore } from '#aws/host-store.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { StartCanaryInput } from '#core/promotion/steps.ts';
import { startCanary } from '#operations/promotion/start-canary.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('start-canary', StartCanaryInput, ({ connection, environment, now, by }) =>
  startCanary({
    heads: headStore(openTable(connection, environment.REGISTRY_TABLE)),
    promotions: promotionStore(openTable(connection, environment.REGISTRY_TABLE)),
    hosts: hostStore(openTable(connection, environment.HOSTS_TABLE)),
    alarms: alarmReader(connection),
    now,
    by,
  }),
);
