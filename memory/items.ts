import { LastgoodError } from '#core/errors.ts';
import { SortedKeys } from './sorted-keys.ts';
import { awsFailure, type MemoryOptions, operate } from './wire.ts';

/** DynamoDB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items */
const maxItemBytes = 409_600;

/** Far more than a test or a simulated day writes; a leak ends here instead of in the machine's memory. */
const maxItems = 10_000_000;

/** Expired items are looked for when a table has doubled, and not before it has this many. */
const firstSweep = 10_000;

export interface ItemChange<T> {
  readonly key: string;
  /** @default - the item is new */
  readonly before?: T;
  readonly after: T;
}

export interface ItemsOptions<T> extends MemoryOptions {
  readonly name: string;
  /** Epoch milliseconds after which an item is gone. @default - never */
  readonly expiresAt?: (item: T) => number;
  /** Told every successful write, in order, as the stream of a table is. @default - nobody is told */
  readonly onChange?: (change: ItemChange<T>) => void;
}

/**
 * A table's items of one kind, by key: conditional writes, reads in the order of keys, a limit per item, time to live. Items are
 * copies in and frozen out, so they change by writes only.
 */
export class Items<T extends object> {
  readonly #options: ItemsOptions<T>;
  readonly #items = new Map<string, T>();
  readonly #keys = new SortedKeys();
  #nextSweep = firstSweep;

  constructor(options: ItemsOptions<T>) {
    this.#options = options;
  }

  get(key: string): Promise<T | undefined> {
    return this.#operate('read', key, () => this.peek(key));
  }

  /** At most `limit` items whose keys begin with `prefix`, in the order of keys. */
  list(prefix: string, limit: number): Promise<readonly T[]> {
    return this.range(prefix, `${prefix}\uffff`, limit);
  }

  /** At most `limit` items with keys in `[from, to)`, in the order of keys. */
  range(from: string, to: string, limit: number): Promise<readonly T[]> {
    return this.#operate('read', from, () => {
      const found: T[] = [];
      for (const key of this.#keys.range(from, to)) {
        const item = found.length < limit ? this.peek(key) : undefined;
        if (item) found.push(item);
      }
      return found;
    });
  }

  /** @returns false when the key is taken */
  putOnce(key: string, item: T): Promise<boolean> {
    return this.update(key, (present) => (present === undefined ? item : undefined));
  }

  async put(key: string, item: T): Promise<void> {
    await this.update(key, () => item);
  }

  remove(key: string): Promise<void> {
    return this.#operate('write', key, () => this.#drop(key));
  }

  /**
   * One conditional write.
   * @param change the next item; `undefined` when the condition does not hold
   * @returns false when it did not hold and nothing was written
   */
  update(key: string, change: (present: T | undefined) => T | undefined): Promise<boolean> {
    return this.#operate('write', key, () => {
      const next = change(this.peek(key));
      if (next !== undefined) this.place(key, next);
      return next !== undefined;
    });
  }

  /** What stands under a key, past the wire: for those who set a scene or look on. */
  peek(key: string): T | undefined {
    const item = this.#items.get(key);
    return item !== undefined && this.#isExpired(item) ? undefined : item;
  }

  /** Every item in the order of keys, past the wire. */
  all(): readonly T[] {
    return this.entries().map(([, item]) => item);
  }

  /** Every item with its key, in the order of keys, past the wire. */
  entries(): readonly (readonly [key: string, item: T])[] {
    return this.#keys.beginningWith('').flatMap((key) => {
      const item = this.peek(key);
      return item === undefined ? [] : [[key, item] as const];
    });
  }

  /** Writes past the wire. */
  place(key: string, item: T): void {
    const before = this.peek(key);
    const after = storable(item, this.#options.name);
    if (!this.#items.has(key)) this.#makeRoom(key);
    this.#items.set(key, after);
    this.#options.onChange?.({ key, ...(before && { before }), after });
  }

  #operate<R>(kind: 'read' | 'write', key: string, effect: () => R): Promise<R> {
    return operate(this.#options.wire, { store: this.#options.name, kind, key }, effect);
  }

  #isExpired(item: T): boolean {
    const { expiresAt, clock } = this.#options;
    return expiresAt !== undefined && expiresAt(item) <= clock.now();
  }

  #drop(key: string): void {
    if (this.#items.delete(key)) this.#keys.delete(key);
  }

  #makeRoom(key: string): void {
    if (this.#items.size >= this.#nextSweep) {
      for (const [old, item] of this.#items) if (this.#isExpired(item)) this.#drop(old);
      this.#nextSweep = Math.max(firstSweep, 2 * this.#items.size);
    }
    if (this.#items.size >= maxItems)
      throw new LastgoodError('disk-full', `the memory of ${this.#options.name} holds ${maxItems} items, its limit`);
    this.#keys.add(key);
  }
}

const storable = <T extends object>(item: T, store: string): T => {
  const text = JSON.stringify(item);
  if (text.length > maxItemBytes) {
    throw awsFailure(
      { service: 'DynamoDB', operation: 'PutItem', name: 'ValidationException' },
      `an item of ${store} has ${text.length} bytes; a table takes ${maxItemBytes}`,
    );
  }
  return frozen(JSON.parse(text));
};

const frozen = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
};
