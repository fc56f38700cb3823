export interface PageLog {
  /** @param subject a promotion's id, or another name of what the page is about */
  readonly wasSent: (subject: string, kind: string) => Promise<boolean>;
  readonly markSent: (subject: string, kind: string) => Promise<void>;
}

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
