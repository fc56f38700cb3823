import { closeEpisode } from './close-episode.ts';
import { type PageStablePorts, unhealthyEpisode } from './page-unhealthy.ts';
import { tellAfterFlip } from './tell-people.ts';
import { type StableCondition, writeStablePage } from './write-stable-page.ts';

/** Tells people that stable is healthy again, if they were told that it was not. */
export const pageRecovered =
  (ports: PageStablePorts) =>
  (condition: StableCondition): Promise<void> => {
    const { service, set, release } = condition;
    const page = { ...condition, kind: 'recovered', stable: release, quarantined: false } as const;
    const message = { ...unhealthyEpisode(condition), write: () => writeStablePage(ports, page) };
    return tellAfterFlip(ports.log, { service, set }, () => closeEpisode(ports)(message));
  };
