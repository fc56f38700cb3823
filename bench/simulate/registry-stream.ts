import { every } from '#core/clock.ts';
import type { Chance } from './chance.ts';
import type { Functions, MovedSet } from './functions.ts';
import { service, set } from './names.ts';
import type { World } from './world.ts';

const retryMs = 1_000;
const mostTries = 5;

/** The stream of the registry and the schedule beside it: whoever moves a head has what follows carried out. */
export class RegistryStream {
  /** Records that the stream loses next: its consumer learns of them from the schedule. */
  losses = 0;
  readonly #world: World;
  readonly #functions: Functions;
  readonly #chance: Chance;
  #waiting = 0;
  #isBusy = false;

  constructor(world: World, functions: Functions) {
    this.#world = world;
    this.#functions = functions;
    this.#chance = world.chance.stream('registry stream');
    world.onHead(({ before, after }) => {
      if (before?.revision !== after.revision) this.#moved();
    });
    every(world.clock, 60_000, () => void functions.carryOut.invoke('schedule').catch(() => undefined));
  }

  #moved(): void {
    if (this.losses > 0) {
      this.losses -= 1;
      this.#world.strike('lost-record');
      return;
    }
    this.#waiting += 1;
    this.#wake();
  }

  #wake(): void {
    if (this.#isBusy || this.#waiting === 0) return;
    this.#isBusy = true;
    this.#world.clock.after(Math.round(this.#chance.between(50, 250)), () => void this.#deliver(this.#waiting, 1));
  }

  async #deliver(records: number, attempt: number): Promise<void> {
    const moved: MovedSet = { service, set };
    try {
      await this.#functions.carryOut.invoke(moved);
    } catch {
      if (attempt < mostTries) {
        this.#world.clock.after(retryMs, () => void this.#deliver(records, attempt + 1));
        return;
      }
      this.#world.chronicle.tell('the stream of the registry gives up a record');
    }
    this.#waiting -= records;
    this.#isBusy = false;
    this.#wake();
  }
}
