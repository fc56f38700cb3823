import { type Clock, timestampOf } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import { type HostStore, isLive } from '#core/host/leases.ts';
import type { PoolNetwork, Pools } from '#core/host/pools.ts';
import { warmHosts } from '#core/promotion/readiness.ts';
import type { PoolState, PreparePoolInput } from '#core/promotion/steps.ts';

export interface PreparePoolPorts {
  readonly pools: Pick<Pools, 'ensure' | 'describe'>;
  readonly hosts: Pick<HostStore, 'list'>;
  readonly network: PoolNetwork;
  readonly wantedHosts: number;
  readonly clock: Clock;
}

/** Image pull, fetch and verification of the release, warm processes: minutes at most. */
const limitMs = 10 * 60_000;
/** A host that cannot take its release says why; it gets this long to change its mind. */
const problemLimitMs = 30_000;

/** Asks for the candidate's pool and answers how warm it is; the workflow asks again until it is ready. */
export const preparePool =
  ({ pools, hosts, network, wantedHosts, clock }: PreparePoolPorts) =>
  async ({ service, release, version, pool }: PreparePoolInput): Promise<PoolState> => {
    const nowMs = clock.now();
    const since = pool?.since ?? timestampOf(nowMs);
    await pools.ensure(service, release, { ...network, hosts: wantedHosts });
    const live = (await hosts.list(service, release)).filter((host) => isLive(host, nowMs));
    const problems = live.flatMap(({ hostId, problem }) => (problem === undefined ? [] : [`${hostId}: ${problem}`]));
    const readyHosts = warmHosts(live, nowMs);
    const state = {
      ready: readyHosts >= wantedHosts,
      readyHosts,
      wantedHosts,
      since,
      problems: problems.slice(0, 5).map((problem) => problem.slice(0, 500)),
    };
    const waitedMs = nowMs - Date.parse(since);
    if (!state.ready && waitedMs > (problems.length > 0 ? problemLimitMs : limitMs)) {
      const said = problems.length > 0 ? problems : [(await pools.describe(service, release))?.lastEvent ?? 'nothing'];
      throw new LastgoodError(
        'pool-not-ready',
        `${readyHosts} of ${wantedHosts} hosts of ${version} are warm after ${Math.round(waitedMs / 1000)} s; they say: ${said.join('; ')}`,
      );
    }
    return state;
  };
