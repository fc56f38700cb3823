import type { Timestamp } from '../words/time.ts';

/**
 * What people were told. News, as the end of a promotion, is told once. A condition, as an unhealthy release, is told once per
 * episode: from when it begins to when it ends, and at the latest `episodeDays` later.
 */
export interface PageLog {
  /** @param subject a promotion's id, or another name of what the page is about */
  readonly wasSent: (subject: string, kind: string) => Promise<boolean>;
  readonly markSent: (subject: string, kind: string) => Promise<void>;
  /** When the episode that is open began. @returns undefined when none is */
  readonly openSince: (subject: string, kind: string) => Promise<Timestamp | undefined>;
  /** Opens an episode; one that is open stays. */
  readonly open: (subject: string, kind: string, since: Timestamp) => Promise<void>;
  /** Ends the episode that began at `since`, and no later one. */
  readonly close: (subject: string, kind: string, since: Timestamp) => Promise<void>;
}

/** An episode whose end nobody told is over after this long: what still is so then is told again. */
export const episodeDays = 7;

/** When an episode is over by itself, epoch seconds. */
export const episodeExpiresAt = (since: Timestamp): number =>
  Math.floor(Date.parse(since) / 1_000) + episodeDays * 86_400;

export interface Page {
  /** One line; longer ones are cut. */
  readonly subject: string;
  readonly body: string;
}

export interface Pager {
  /** @returns the message id */
  readonly send: (page: Page) => Promise<string>;
}

/** SNS: subjects of at most 100 ASCII characters, messages of at most 262,144 bytes. */
const maxSubject = 99;
const maxBodyBytes = 262_144;

/** A page as the topic takes it: one line of ASCII, and as much of the body as fits. */
export const fittedPage = ({ subject, body }: Page): Page => ({ subject: oneLine(subject), body: cut(body) });

const oneLine = (text: string): string =>
  text
    .replaceAll(/[^\u0020-\u007e]+/g, ' ')
    .trim()
    .slice(0, maxSubject);

const cut = (text: string): string => {
  const bytes = Buffer.from(text);
  if (bytes.byteLength <= maxBodyBytes) return text;
  const note = '\n... cut here; `lastgood why` has the rest';
  // A character cut in half decodes to one replacement character of 3 bytes, which still fits.
  return `${bytes.subarray(0, maxBodyBytes - note.length - 3).toString()}${note}`;
};
