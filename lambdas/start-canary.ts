import { alarmReader } from '#aws/alarms.ts';
import { openTable } from '#aws/dynamodb.ts';
import { hostStore } from '#aws/host-store.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { StartCanaryInput } from '#core/promotion/steps.ts';
import { startCanary } from '#operations/promotion/start-canary.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('start-canary', StartCanaryInput, ({ connection, environment, clock, by }) =>
  startCanary({
    ...openRegistry(connection, environment.REGISTRY_TABLE),
    hosts: hostStore(openTable(connection, environment.HOSTS_TABLE)),
    alarms: alarmReader(connection),
    clock,
    by,
  }),
);
