import type { Log } from '#core/log.ts';
import { type EpisodePorts, openEpisode } from './open-episode.ts';
import { tellAfterFlip } from './tell-people.ts';
import { type StableCondition, writeStablePage, type WriteStablePagePorts } from './write-stable-page.ts';

export interface PageStablePorts extends EpisodePorts, WriteStablePagePorts {
  readonly log: Log;
}

/** How the page log names what is unhealthy, for all who page about it. */
export const unhealthyEpisode = ({ service, set, release }: Omit<StableCondition, 'reason'>) => ({
  subject: `${service}#${set}#${release}`,
  kind: 'stable-unhealthy',
});

/** Tells people that stable is unhealthy, once per episode. The next outcome comes soon, so a page that fails is logged. */
export const pageUnhealthy =
  (ports: PageStablePorts) =>
  (condition: StableCondition): Promise<void> => {
    const { service, set, release } = condition;
    const page = { ...condition, kind: 'unhealthy', stable: release, quarantined: false } as const;
    const message = { ...unhealthyEpisode(condition), write: () => writeStablePage(ports, page) };
    return tellAfterFlip(ports.log, { service, set }, () => openEpisode(ports)(message));
  };
