import type { SessionRecord } from './session-record.ts';

export interface OpenSessions {
  /** Sessions without a result, of every host and in no order. The index holds nothing else, so reading all of it is small. */
  readonly list: (limit: number) => AsyncGenerator<SessionRecord>;
}
