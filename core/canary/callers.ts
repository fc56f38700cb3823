import type { OrderedCall } from './call-order.ts';

/** Whose first call is which: only that enters a test. */
export interface Callers {
  /** Its caller has not called before; also for calls that nobody has claimed a caller with. */
  isFirst(entry: OrderedCall): boolean;
  /** Claims the caller unless an earlier call has. @returns whether the call is its caller's first */
  claim(entry: OrderedCall): boolean;
  /** Takes claims back. */
  release(entries: readonly OrderedCall[]): void;
  /** Lets go of these calls, and keeps their callers. */
  forget(entries: readonly OrderedCall[]): void;
  /** Callers that were claimed by calls which are no longer kept. */
  before(): string[];
}

/**
 * @param distinct nobody needs to be remembered: every record is of its caller's first call
 * @param before callers that were claimed by calls which are no longer kept
 */
export const createCallers = (distinct: boolean, before: readonly string[]): Callers => {
  const claims = new Map<string, OrderedCall | null>(before.map((callerId) => [callerId, null]));
  const isFirst = (entry: OrderedCall): boolean => {
    const claim = distinct ? undefined : claims.get(entry.call.callerId);
    return claim === undefined || claim === entry;
  };
  return {
    isFirst,
    claim(entry) {
      const first = isFirst(entry);
      if (first && !distinct) claims.set(entry.call.callerId, entry);
      return first;
    },
    release(entries) {
      for (const entry of entries) if (claims.get(entry.call.callerId) === entry) claims.delete(entry.call.callerId);
    },
    forget(entries) {
      for (const entry of entries) if (claims.get(entry.call.callerId) === entry) claims.set(entry.call.callerId, null);
    },
    before: () => [...claims].filter(([, entry]) => entry === null).map(([callerId]) => callerId),
  };
};
