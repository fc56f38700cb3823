import { openTable } from '#aws/dynamodb.ts';
import { hostStore } from '#aws/host-store.ts';
import { pools } from '#aws/pools.ts';
import { PreparePoolInput } from '#core/promotion/steps.ts';
import { preparePool } from '#operations/pool/prepare-pool.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('prepare-pool', PreparePoolInput, ({ connection, environment, clock }) =>
  preparePool({
    pools: pools(connection, environment.CLUSTER),
    hosts: hostStore(openTable(connection, environment.HOSTS_TABLE)),
    network: { subnets: environment.SUBNETS, securityGroup: environment.SECURITY_GROUP },
    wantedHosts: environment.POOL_HOSTS,
    clock,
  }),
);
