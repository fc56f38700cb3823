import type { ServiceName, SetName } from '../words/names.ts';
import type { SessionRecord } from './session-record.ts';
import { type SessionResult } from './session-record.ts';

export interface SessionStore {
  /**
   * Writes the start row, or a whole record at once when it carries its result, with the moment of writing in it.
   * @returns false when another host already runs this session; true again for the same host
   */
  readonly open: (record: SessionRecord) => Promise<boolean>;
  /** Writes the result and the moment of writing, once: a record that has one keeps it, whoever comes later. */
  readonly close: (sessionId: string, result: SessionResult) => Promise<void>;
  /** Its host says that an open call goes on at this moment. Nothing is written once the call has its result, or was never opened. */
  readonly vouch: (sessionId: string, aliveUntil: Date) => Promise<void>;
  /** Strongly consistent. */
  readonly get: (sessionId: string) => Promise<SessionRecord | undefined>;
  /**
   * Sessions that started in `[from, to)`, in the order of their start. Comes from an index, which follows the table
   * within about a second.
   */
  readonly listByService: (
    service: ServiceName,
    set: SetName,
    range: { readonly from: Date; readonly to?: Date },
  ) => AsyncGenerator<SessionRecord>;
  /** Sessions without a result that a host carries, oldest first. @param limit @default 1000 */
  readonly openByHost: (hostId: string, limit?: number) => Promise<readonly SessionRecord[]>;
  /**
   * Claims the caller's first call of a promotion, which alone enters the test.
   * @returns true when this session is that call, also when it asks again
   */
  readonly claimFirstCall: (promotionId: string, callerHash: string, sessionId: string) => Promise<boolean>;
  /** Marks a ticket used. @returns false when it was used before */
  readonly use: (ticketId: string, expiresAt: Date) => Promise<boolean>;
}
