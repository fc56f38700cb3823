import type { HeadItems } from '#core/version-set/head-items.ts';
import type { Head, HistoryEntry } from '#core/version-set/head.ts';
import { standing } from '../core/version-set/arbitrary.ts';

/** The process ends here; what it has written stays. */
export class Crash extends Error {}

/** One head and its history, with the conditional writes of a table and nothing else. */
export class MemoryHeadItems {
  head: Head | undefined;
  readonly history = new Map<number, HistoryEntry>();
  /** Every revision that ever stood, in the order in which it was written. */
  readonly written: Head[] = [];

  /**
   * One writer's connection. `turn` lets others go first before every single read or write.
   * @param crashes for each operation: end before it takes effect, after it, or not at all
   */
  connect(turn: () => Promise<void>, crashes: Iterator<'before' | 'after' | undefined>): HeadItems {
    const operation = async <T>(effect: () => T): Promise<T> => {
      await turn();
      const crash = crashes.next().value as 'before' | 'after' | undefined;
      if (crash === 'before') throw new Crash();
      const result = effect();
      if (crash === 'after') throw new Crash();
      return result;
    };
    return {
      read: () => operation(() => this.head),
      list: () => operation(() => (this.head ? [this.head] : [])),
      standing: (release) => operation(() => standing(release)),
      archive: ({ revision, lastTransition }) =>
        operation(() => {
          if (!this.history.has(revision)) this.history.set(revision, lastTransition);
        }),
      replace: (from, to) =>
        operation(() => {
          if (this.head?.revision !== from?.revision) return false;
          this.head = to;
          this.written.push(to);
          return true;
        }),
      renew: (head) =>
        operation(() => {
          const candidate = this.head?.candidate;
          const until = head.candidate?.exposureUntil;
          if (!this.head || !candidate || until === undefined || this.head.revision !== head.revision) return false;
          if (candidate.exposureUntil >= until) return false;
          this.head = { ...this.head, candidate: { ...candidate, exposureUntil: until } };
          return true;
        }),
    };
  }
}
