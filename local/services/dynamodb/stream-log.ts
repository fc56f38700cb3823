import type { DynaliteStore } from './dynalite.ts';
import { type StreamRecord, maxStreamRecords, recordKey } from './stream-record.ts';
import type { ChangeEffects } from './table-store.ts';

export interface LoggedRecord {
  readonly sequence: number;
  readonly record: StreamRecord;
}

/** A record whose batch is not committed yet stops every reader, so that order holds across concurrent writes. */
interface Entry extends LoggedRecord {
  committed: boolean;
}

const cursorKey = (table: string, reader: string): string => `stream-cursor~${table}~${reader}`;

/**
 * The records of the streams of one account and region. The store holds them durably (written in the batch of the
 * item); this is the same list in memory, with the position of every reader.
 */
export class StreamLog {
  readonly #records = new Map<string, Entry[]>();
  readonly #sequences = new Map<string, number>();
  readonly #cursors = new Map<string, number>();
  readonly #listeners: ((table: string) => void)[] = [];
  #store: DynaliteStore['db'] | undefined;

  nextSequence(table: string): number {
    const next = (this.#sequences.get(table) ?? 0) + 1;
    this.#sequences.set(table, next);
    return next;
  }

  /** Adds a record that is being written. */
  append(table: string, sequence: number, record: StreamRecord): ChangeEffects {
    const list = this.#listOf(table);
    const entry: Entry = { sequence, record, committed: false };
    list.push(entry);
    const removed = list.splice(0, Math.max(0, list.length - maxStreamRecords));
    return {
      operations: [
        { type: 'put', key: recordKey(table, sequence), value: record },
        // Kept even when every record is gone, so that numbers never start again.
        { type: 'put', key: `stream-sequence~${table}`, value: sequence },
        ...removed.map((old) => ({ type: 'del' as const, key: recordKey(table, old.sequence) })),
      ],
      settled: (committed) => {
        entry.committed = committed;
        if (!committed) list.splice(list.indexOf(entry), 1);
        for (const listener of this.#listeners) listener(table);
      },
    };
  }

  /** Up to `limit` records after what `reader` has acknowledged, in order. */
  read(table: string, reader: string, limit: number): readonly LoggedRecord[] {
    const position = this.#cursors.get(cursorKey(table, reader)) ?? 0;
    const list = this.#listOf(table);
    const start = list.findIndex((entry) => entry.sequence > position);
    if (start === -1) return [];
    const ahead = list.slice(start, start + limit);
    const pending = ahead.findIndex((entry) => !entry.committed);
    return pending === -1 ? ahead : ahead.slice(0, pending);
  }

  /** Everything up to and including `sequence` is done for `reader`. */
  async acknowledge(table: string, reader: string, sequence: number): Promise<void> {
    this.#cursors.set(cursorKey(table, reader), sequence);
    const prefix = cursorKey(table, '');
    const done = Math.min(
      ...[...this.#cursors].filter(([key]) => key.startsWith(prefix)).map(([, position]) => position),
    );
    const list = this.#listOf(table);
    const firstKept = list.findIndex((entry) => entry.sequence > done);
    const removed = list.splice(0, firstKept === -1 ? list.length : firstKept);
    await this.#store?.batch([
      { type: 'put', key: cursorKey(table, reader), value: sequence },
      ...removed.map((entry) => ({ type: 'del' as const, key: recordKey(table, entry.sequence) })),
    ]);
  }

  /** Starts a reader at the newest record (or the oldest that is kept), unless it has a position already. */
  async start(table: string, reader: string, at: 'LATEST' | 'TRIM_HORIZON'): Promise<void> {
    if (this.#cursors.has(cursorKey(table, reader))) return;
    await this.acknowledge(table, reader, at === 'LATEST' ? (this.#sequences.get(table) ?? 0) : 0);
  }

  async removeReader(table: string, reader: string): Promise<void> {
    this.#cursors.delete(cursorKey(table, reader));
    await this.#store?.batch([{ type: 'del', key: cursorKey(table, reader) }]);
  }

  onAppend(listener: (table: string) => void): void {
    this.#listeners.push(listener);
  }

  async load(store: DynaliteStore['db']): Promise<void> {
    this.#store = store;
    for await (const [key, value] of store.iterator(rangeOf('stream-cursor~'))) this.#cursors.set(key, Number(value));
    for await (const [key, value] of store.iterator(rangeOf('stream-sequence~')))
      this.#sequences.set(key.slice('stream-sequence~'.length), Number(value));
    for await (const [key, value] of store.iterator(rangeOf('stream~'))) {
      const table = key.slice('stream~'.length, key.lastIndexOf('~'));
      const sequence = Number(key.slice(key.lastIndexOf('~') + 1));
      this.#listOf(table).push({ sequence, record: value as StreamRecord, committed: true });
      // Batches of different items may be committed out of order, so the stored number may lag behind.
      this.#sequences.set(table, Math.max(sequence, this.#sequences.get(table) ?? 0));
    }
  }

  #listOf(table: string): Entry[] {
    const list = this.#records.get(table) ?? [];
    this.#records.set(table, list);
    return list;
  }
}

const rangeOf = (prefix: string) => ({ gte: prefix, lt: `${prefix}\u00FF` });
