import { openRegistry } from '#aws/open-registry.ts';
import { pools } from '#aws/pools.ts';
import { Promotion } from '#core/promotion/steps.ts';
import { retirePools } from '#operations/pool/retire-pools.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('retire-old', Promotion, ({ connection, environment }) =>
  retirePools({
    ...openRegistry(connection, environment.REGISTRY_TABLE),
    pools: pools(connection, environment.CLUSTER),
  }),
);
