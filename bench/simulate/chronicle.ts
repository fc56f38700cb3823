import { createHash } from 'node:crypto';
import type { Clock } from '#core/clock.ts';

/** Lines that are kept for people: the newest. */
const mostLines = 2_000;

/** What happened, for people as lines and for comparison as a digest: the same seed gives the same digest. */
export class Chronicle {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #startMs: number;
  readonly #hash = createHash('sha256');
  readonly #lines: string[] = [];

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#startMs = clock.now();
  }

  /** For people and for the digest. */
  tell(text: string): void {
    const seconds = (this.#clock.now() - this.#startMs) / 1_000;
    const line = `${seconds.toFixed(3).padStart(10)} s  ${text}`;
    this.#hash.update(`${line}\n`);
    this.#lines.push(line);
    if (this.#lines.length > mostLines) this.#lines.shift();
  }

  /** For the digest alone: what happens too often to be read. */
  note(text: string): void {
    this.#hash.update(`${this.#clock.now()} ${text}\n`);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Of everything so far; more may follow. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}
