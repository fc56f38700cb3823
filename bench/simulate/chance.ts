import { seededRandom } from '#core/canary/seeded-random.ts';
import type { Random } from '#core/random.ts';

/** Draws from the distributions of a simulated world. Each part of the world has a stream of its own, so that a part left out changes no other. */
export class Chance {
  readonly #seed: number;
  readonly random: Random;

  constructor(seed: number) {
    this.#seed = seed;
    this.random = seededRandom(seed);
  }

  /** A stream of its own, by name: the same name of the same seed gives the same numbers. */
  stream(name: string): Chance {
    // FNV-1a: https://datatracker.ietf.org/doc/draft-eastlake-fnv/
    let hash = 0x811c9dc5 ^ this.#seed;
    for (let at = 0; at < name.length; at += 1) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
    return new Chance(hash >>> 0);
  }

  isTrue(probability: number): boolean {
    return this.random() < probability;
  }

  between(from: number, to: number): number {
    return from + (to - from) * this.random();
  }

  /** A whole number in `[from, to]`. */
  whole(from: number, to: number): number {
    return from + Math.floor((to - from + 1) * this.random());
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(list.length * this.random())];
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.random());
  }

  logNormal(median: number, sigma: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random());
    return median * Math.exp(sigma * normal);
  }
}
