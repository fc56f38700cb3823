import type { HistoryEntry } from '../version-set/head.ts';
import type { Page } from './pager.ts';

export interface EntryPageFacts {
  readonly org: string;
  readonly service: string;
  readonly set: string;
  readonly entry: Pick<HistoryEntry, 'kind' | 'revision' | 'by' | 'at' | 'reason'>;
  /** Why the page that belongs to it could not be written. */
  readonly problem: string;
}

/** What is left to say about a transition when the page that belongs to it cannot be written: a bare page beats none. */
export const renderEntryPage = ({ org, service, set, entry, problem }: EntryPageFacts): Page => {
  const { kind, revision, by, at, reason } = entry;
  const subject = `[${org}] ${service} ${kind} on ${set}`;
  return {
    subject,
    body: [
      `${subject}\n${reason}`,
      `By ${by} at ${at}, revision ${revision}.\nThe whole page could not be written: ${problem}`,
      `Next:\n  lastgood status ${service} --org ${org}\n  lastgood history ${service} --set ${set} --org ${org}`,
    ].join('\n\n'),
  };
};
