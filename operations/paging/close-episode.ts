import type { Message, TellPorts } from './tell-people.ts';

/** Tells people that it is over; asked of what nobody was told about, it says nothing. @returns false when none was open */
export const closeEpisode =
  ({ pager, pageLog }: TellPorts) =>
  async ({ subject, kind, write }: Message): Promise<boolean> => {
    const since = await pageLog.openSince(subject, kind);
    if (since === undefined) return false;
    await pager.send(await write());
    await pageLog.close(subject, kind, since);
    return true;
  };
