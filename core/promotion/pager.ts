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
