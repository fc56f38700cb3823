import { LastgoodError } from '#core/errors.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import { tokenSeconds } from '#core/session/tokens.ts';
import { type Clock, within } from '#core/clock.ts';
import type { SessionId } from '#core/words/ids.ts';
import type { CallLog } from '../log.ts';

const writeLimitMs = 500;
const maxRemembered = 100_000;

export interface TicketGateOptions {
  readonly book: Pick<SessionStore, 'use'>;
  readonly clock: Clock;
  readonly log: CallLog;
}

/**
 * Lets each ticket through once. While the shared book cannot be reached this edge's own memory decides: a call is worth
 * more than the small risk that a ticket is used once on each edge, and the log says so.
 */
export class TicketGate {
  readonly #options: TicketGateOptions;
  /** Ticket ids used here, oldest first, with the moment they expire anyway. */
  readonly #used = new Map<SessionId, number>();

  constructor(options: TicketGateOptions) {
    this.#options = options;
  }

  async admit(ticketId: SessionId): Promise<boolean> {
    const { book, clock, log } = this.#options;
    const now = clock.now();
    this.#forget(now);
    if (this.#used.has(ticketId)) return false;
    const expiresAt = now + tokenSeconds.ticket * 1000;
    this.#used.set(ticketId, expiresAt);
    try {
      return await within(
        clock,
        writeLimitMs,
        book.use(ticketId, new Date(expiresAt)),
        () => new LastgoodError('timeout', `the ticket was not marked used within ${writeLimitMs} ms`),
      );
    } catch (error) {
      log.warn('ticket-accepted-by-memory', { session_id: ticketId, error });
      return true;
    }
  }

  #forget(now: number): void {
    for (const [id, expiresAt] of this.#used) {
      if (expiresAt > now && this.#used.size < maxRemembered) return;
      this.#used.delete(id);
    }
  }
}
