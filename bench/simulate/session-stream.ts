import type { SessionRecord } from '#core/session/session-record.ts';
import type { Chance } from './chance.ts';
import type { World } from './world.ts';

export interface StreamFaults {
  /** The next batch comes a second time when it was dealt with. */
  duplicate: number;
  /** The next batch comes in another order. */
  reorder: number;
  /** Epoch milliseconds until which nothing is delivered. */
  stalledUntilMs: number;
}

interface Shard {
  readonly records: { readonly record: SessionRecord; readonly atMs: number }[];
  readonly deliver: (records: readonly SessionRecord[]) => Promise<void>;
  isBusy: boolean;
  tries: number;
}

/** Lambda polls each shard four times a second. */
const pollMs = 250;
const batchSize = 100;
const maxRecordAgeMs = 600_000;
const retryMs = 1_000;
const maxTries = 20;

/** The stream of the table of sessions: in order within a shard, at least once, again when its consumer failed. */
export class SessionStream {
  readonly faults: StreamFaults = { duplicate: 0, reorder: 0, stalledUntilMs: 0 };
  readonly #world: World;
  readonly #chance: Chance;
  readonly #shards: readonly Shard[];

  /** @param consumers one instance of the consuming function per shard */
  constructor(world: World, consumers: readonly Shard['deliver'][]) {
    this.#world = world;
    this.#chance = world.chance.stream('session stream');
    this.#shards = consumers.map((deliver) => ({ records: [], deliver, isBusy: false, tries: 0 }));
    world.onSession(({ key, after }) => this.#add(key, after));
  }

  #add(key: string, record: SessionRecord): void {
    const shard = this.#shards[key.charCodeAt(key.length - 1) % this.#shards.length];
    if (shard === undefined) return;
    shard.records.push({ record, atMs: this.#world.nowMs });
    this.#wake(shard);
  }

  #wake(shard: Shard): void {
    if (shard.isBusy || shard.records.length === 0) return;
    shard.isBusy = true;
    const { nowMs, clock } = this.#world;
    const latencyMs = pollMs - (nowMs % pollMs) + Math.round(this.#chance.between(20, 120));
    const stalledMs = Math.max(0, this.faults.stalledUntilMs - nowMs);
    if (stalledMs > 0) this.#world.strike('late');
    clock.after(latencyMs + stalledMs, () => void this.#deliver(shard));
  }

  async #deliver(shard: Shard): Promise<void> {
    const { nowMs, clock } = this.#world;
    const batch = shard.records.slice(0, batchSize);
    const records = this.#ordered(batch.map(({ record }) => record));
    try {
      await shard.deliver(records);
      if (this.faults.duplicate > 0) {
        this.faults.duplicate -= 1;
        this.#world.strike('duplicate');
        await shard.deliver(records);
      }
    } catch {
      shard.tries += 1;
      const isTooOld = nowMs - (batch[0]?.atMs ?? nowMs) > maxRecordAgeMs || shard.tries >= maxTries;
      if (!isTooOld) {
        clock.after(retryMs, () => void this.#deliver(shard));
        return;
      }
      this.#world.chronicle.tell(`the stream gives up ${batch.length} records`);
    }
    shard.tries = 0;
    shard.records.splice(0, batch.length);
    shard.isBusy = false;
    this.#wake(shard);
  }

  #ordered(records: readonly SessionRecord[]): readonly SessionRecord[] {
    if (this.faults.reorder === 0 || records.length < 2) return records;
    this.faults.reorder -= 1;
    this.#world.strike('reordered');
    return records.toReversed();
  }
}
