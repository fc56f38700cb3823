import { artifactsContract } from './artifacts.ts';
import { headsContract } from './heads.ts';
import { judgeStatesContract } from './judge-states.ts';
import { leasesContract } from './leases.ts';
import { poolsContract } from './pools.ts';
import type { Opened } from './ports-under-test.ts';
import { promotionsContract } from './promotions.ts';
import { releasesContract } from './releases.ts';
import { servicesContract } from './services.ts';
import { sessionsContract } from './sessions.ts';
import { tenancyContract } from './tenancy.ts';

/** What every kind of adapters promises: the suites that those for AWS and those in memory pass alike. */
export const everyPortContract = (opened: Opened): void => {
  headsContract(opened);
  releasesContract(opened);
  artifactsContract(opened);
  sessionsContract(opened);
  tenancyContract(opened);
  promotionsContract(opened);
  judgeStatesContract(opened);
  leasesContract(opened);
  poolsContract(opened);
  servicesContract(opened);
};
