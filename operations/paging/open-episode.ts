import { type Clock, timestampOf } from '#core/clock.ts';
import type { Message, TellPorts } from './tell-people.ts';

export interface EpisodePorts extends TellPorts {
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Tells people that something began, once until it ends. As with other pages: marked after it was sent, so a crash in between
 * pages twice and never not at all.
 * @returns false when people know
 */
export const openEpisode =
  ({ pager, pageLog, clock }: EpisodePorts) =>
  async ({ subject, kind, write }: Message): Promise<boolean> => {
    if ((await pageLog.openSince(subject, kind)) !== undefined) return false;
    const since = timestampOf(clock.now());
    await pager.send(await write());
    await pageLog.open(subject, kind, since);
    return true;
  };
