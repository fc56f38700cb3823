import type { Log, LogFields } from '#core/log.ts';
import type { Page, PageLog, Pager } from '#core/promotion/pager.ts';

export interface TellPorts {
  readonly pager: Pager;
  /** Remembers what people were told, so that several paths to one end page once. */
  readonly pageLog: PageLog;
}

export interface Message {
  /** What the page is about: a promotion's id, or another name. */
  readonly subject: string;
  readonly kind: string;
  /** Writes the page; asked for only when it has not been sent. */
  readonly write: () => Promise<Page>;
}

/**
 * Tells people something once: marked after it was sent, so a crash in between pages twice and never not at all.
 * @returns false when it had been sent
 */
export const tellPeople =
  ({ pager, pageLog }: TellPorts) =>
  async ({ subject, kind, write }: Message): Promise<boolean> => {
    if (await pageLog.wasSent(subject, kind)) return false;
    await pager.send(await write());
    await pageLog.markSent(subject, kind);
    return true;
  };

/** Once a head has moved, a page that cannot be sent is logged and stops nothing: whoever comes to the same end sends it. */
export const tellAfterFlip = async (log: Log, fields: LogFields, tell: () => Promise<unknown>): Promise<void> => {
  try {
    await tell();
  } catch (error) {
    log.error('page-failed', { ...fields, error: error instanceof Error ? error : String(error) });
  }
};
