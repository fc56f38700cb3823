import type { DynaliteStore } from './dynalite.ts';
import { type StreamRecord, maxStreamRecords, recordKey } from './stream.ts';
import type { ChangeEffects } from './table-store.ts';

export interface LoggedRecord {
  readonly sequence: number;
  readonly record: StreamRecord;
}

/** A record whose batch is not committed yet stops every reader, so that order holds across concurrent writes. */
interface Entry extends LoggedRecord {
  committed: boolean;
}

/**
 * The records of the streams of one account and region. The store holds them durably (written in the batch of the
 * item); this is the same list in memory, with the position of every reader.
 */
export interface StreamLog {
  nextSequence(table: string): number;
  /** Adds a record that is being written. */
  append(table: string, sequence: number, record: StreamRecord): ChangeEffects;
  /** Up to `limit` records after what `reader` has acknowledged, in order. */
  read(table: string, reader: string, limit: number): readonly LoggedRecord[];
  /** Everything up to and including `sequence` is done for `reader`. */
  acknowledge(table: string, reader: string, sequence: number): Promise<void>;
  /** Starts a reader behind the newest record, unless it has a position already. */
  startAtLatest(table: string, reader: string): Promise<void>;
  onAppend(listener: (table: string) => void): void;
  load(store: DynaliteStore['db']): Promise<void>;
}

const cursorKey = (table: string, reader: string): string => `stream-cursor~${table}~${reader}`;

export const streamLog = (): StreamLog => {
  const records = new Map<string, Entry[]>();
  const sequences = new Map<string, number>();
  const cursors = new Map<string, number>();
  const listeners: ((table: string) => void)[] = [];
  let store: DynaliteStore['db'] | undefined;

  const listOf = (table: string): Entry[] => {
    const list = records.get(table) ?? [];
    records.set(table, list);
    return list;
  };

  const setCursor = async (table: string, reader: string, sequence: number): Promise<void> => {
    cursors.set(cursorKey(table, reader), sequence);
    const prefix = cursorKey(table, '');
    const done = Math.min(...[...cursors].filter(([key]) => key.startsWith(prefix)).map(([, position]) => position));
    const list = listOf(table);
    const firstKept = list.findIndex((entry) => entry.sequence > done);
    const removed = list.splice(0, firstKept === -1 ? list.length : firstKept);
    await store?.batch([
      { type: 'put', key: cursorKey(table, reader), value: sequence },
      ...removed.map((entry) => ({ type: 'del' as const, key: recordKey(table, entry.sequence) })),
    ]);
  };

  return {
    nextSequence: (table) => {
      const next = (sequences.get(table) ?? 0) + 1;
      sequences.set(table, next);
      return next;
    },
    append: (table, sequence, record) => {
      const list = listOf(table);
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
          for (const listener of listeners) listener(table);
        },
      };
    },
    read: (table, reader, limit) => {
      const position = cursors.get(cursorKey(table, reader)) ?? 0;
      const list = listOf(table);
      const start = list.findIndex((entry) => entry.sequence > position);
      if (start === -1) return [];
      const ahead = list.slice(start, start + limit);
      const pending = ahead.findIndex((entry) => !entry.committed);
      return pending === -1 ? ahead : ahead.slice(0, pending);
    },
    acknowledge: setCursor,
    startAtLatest: async (table, reader) => {
      if (!cursors.has(cursorKey(table, reader))) await setCursor(table, reader, sequences.get(table) ?? 0);
    },
    onAppend: (listener) => {
      listeners.push(listener);
    },
    load: async (database) => {
      store = database;
      for await (const [key, value] of database.iterator({ gte: 'stream-cursor~', lt: 'stream-cursor~\u00FF' }))
        cursors.set(key, Number(value));
      for await (const [key, value] of database.iterator({ gte: 'stream-sequence~', lt: 'stream-sequence~\u00FF' }))
        sequences.set(key.slice('stream-sequence~'.length), Number(value));
      for await (const [key, value] of database.iterator({ gte: 'stream~', lt: 'stream~\u00FF' })) {
        const table = key.slice('stream~'.length, key.lastIndexOf('~'));
        const sequence = Number(key.slice(key.lastIndexOf('~') + 1));
        listOf(table).push({ sequence, record: value as StreamRecord, committed: true });
        // Batches of different items may be committed out of order, so the stored number may lag behind.
        sequences.set(table, Math.max(sequence, sequences.get(table) ?? 0));
      }
    },
  };
};
