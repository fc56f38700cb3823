import type { Clock } from '#core/clock.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import { SortedKeys } from './sorted-keys.ts';

interface Known {
  readonly record: SessionRecord;
  readonly openedAtMs: number;
  readonly closedAtMs?: number;
}

/** The indexes of the sessions table: by service and start, and open ones by host. They follow the table after `lagMs`. */
export class SessionIndex {
  readonly #clock: Clock;
  readonly #lagMs: number;
  readonly #known = new Map<string, Known>();
  readonly #byStart = new SortedKeys();
  readonly #open = new SortedKeys();

  constructor(clock: Clock, lagMs: number) {
    this.#clock = clock;
    this.#lagMs = lagMs;
  }

  /** Follows one write of the table. */
  write(record: SessionRecord): void {
    const { sessionId, service, set, startedAt } = record.assignment;
    const nowMs = this.#clock.now();
    const known = this.#known.get(sessionId);
    const isClosed = record.result !== undefined;
    const closedAtMs = isClosed ? (known?.closedAtMs ?? nowMs) : undefined;
    this.#known.set(sessionId, {
      record,
      openedAtMs: known?.openedAtMs ?? nowMs,
      ...(closedAtMs !== undefined && { closedAtMs }),
    });
    if (known !== undefined) return;
    this.#byStart.add(`${service}#${set}#${startedAt}#${sessionId}`);
    if (!isClosed) this.#open.add(`${record.hostId}#${startedAt}#${sessionId}`);
  }

  /** Keys of sessions that started in `[from, to)`, in order of start. @param to @default - no end */
  keysByStart(service: string, set: string, from: string, to = '~'): readonly string[] {
    return this.#byStart.range(`${service}#${set}#${from}`, `${service}#${set}#${to}`);
  }

  /** A session as the index shows it now; `undefined` while the index has not seen it. */
  seen(key: string): SessionRecord | undefined {
    const known = this.#known.get(key.slice(key.lastIndexOf('#') + 1));
    const seenUntilMs = this.#clock.now() - this.#lagMs;
    if (known === undefined || known.openedAtMs > seenUntilMs) return undefined;
    if (known.closedAtMs === undefined || known.closedAtMs <= seenUntilMs) return known.record;
    const { result: _result, ...open } = known.record;
    return open;
  }

  /** Sessions without a result, oldest first within a host. @param hostId @default - every host */
  open(limit: number, hostId?: string): readonly SessionRecord[] {
    const found: SessionRecord[] = [];
    for (const key of this.#open.beginningWith(hostId === undefined ? '' : `${hostId}#`)) {
      if (found.length >= limit) break;
      const record = this.seen(key);
      if (record?.result !== undefined) this.#open.delete(key);
      else if (record) found.push(record);
    }
    return found;
  }
}
