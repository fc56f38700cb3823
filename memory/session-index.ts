import { type Clock, timestampOf } from '#core/clock.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import { SortedKeys } from './sorted-keys.ts';

interface Known {
  readonly record: SessionRecord;
  readonly changedAtMs: number;
  /** As it was before the latest change. @default - that was the first one */
  readonly before?: SessionRecord;
  /** @default - the record has no stamps */
  readonly changeKey?: string;
}

/** The indexes of the sessions table: by service and start, by service and change, and open ones by host. They follow the table after `lagMs`. */
export class SessionIndex {
  readonly #clock: Clock;
  readonly #lagMs: number;
  readonly #known = new Map<string, Known>();
  readonly #byStart = new SortedKeys();
  readonly #byChange = new SortedKeys();
  readonly #open = new SortedKeys();

  constructor(clock: Clock, lagMs: number) {
    this.#clock = clock;
    this.#lagMs = lagMs;
  }

  /** Follows one write of the table. */
  write(record: SessionRecord): void {
    const { sessionId, service, set, startedAt } = record.assignment;
    const known = this.#known.get(sessionId);
    const vouchedAt = record.aliveUntil && timestampOf(this.#clock.now());
    const changedAt = record.result?.recordedAt ?? vouchedAt ?? record.openedAt;
    const changeKey = changedAt && `${service}#${set}#${changedAt}#${sessionId}`;
    this.#known.set(sessionId, {
      record,
      changedAtMs: this.#clock.now(),
      ...(known && { before: known.record }),
      ...(changeKey && { changeKey }),
    });
    if (known?.changeKey) this.#byChange.delete(known.changeKey);
    if (changeKey) this.#byChange.add(changeKey);
    if (known !== undefined) return;
    this.#byStart.add(`${service}#${set}#${startedAt}#${sessionId}`);
    if (record.result === undefined) this.#open.add(`${record.hostId}#${startedAt}#${sessionId}`);
  }

  /** Keys of sessions that started in `[from, to)`, in order of start. @param to @default - no end */
  keysByStart(service: string, set: string, from: string, to = '~'): readonly string[] {
    return this.#byStart.range(`${service}#${set}#${from}`, `${service}#${set}#${to}`);
  }

  /** Keys of sessions that changed at `from` or later, in the order of their changes. */
  keysByChange(service: string, set: string, from: string): readonly string[] {
    return this.#byChange.range(`${service}#${set}#${from}`, `${service}#${set}#~`);
  }

  /** A session as the index shows it now; `undefined` while the index has not seen it. */
  seen(key: string): SessionRecord | undefined {
    const known = this.#known.get(key.slice(key.lastIndexOf('#') + 1));
    if (known === undefined) return undefined;
    return known.changedAtMs <= this.#clock.now() - this.#lagMs ? known.record : known.before;
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
