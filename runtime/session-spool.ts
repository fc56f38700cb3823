import { isLastgoodError, LastgoodError } from '#core/errors.ts';
import type { SessionRecord, SessionResult } from '#core/session/session-record.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import { type Clock, repeat, type Repeating, within } from '#core/clock.ts';
import type { CallLog } from './log.ts';

/** A call does not wait longer than this for the table; the row follows. */
const writeLimitMs = 1_000;
const retryEveryMs = 1_000;
/** Writes that may wait for the table: hours of calls of one host. */
const maxWaiting = 10_000;

/** What a live call writes. */
export type SessionLog = Pick<SessionStore, 'open' | 'close' | 'vouch' | 'claimFirstCall'>;

type Write =
  | { readonly kind: 'open'; readonly record: SessionRecord }
  | { readonly kind: 'close'; readonly sessionId: string; readonly result: SessionResult };

export interface SessionSpoolOptions {
  readonly log: CallLog;
  readonly clock: Clock;
  readonly sessions: SessionLog;
}

/**
 * A session log that calls can rely on while the table is down: writes wait here in order and are repeated until they
 * are through. What cannot be kept is written to the log as a whole, so nothing is lost.
 */
export class SessionSpool implements SessionLog {
  readonly #options: SessionSpoolOptions;
  #waiting: Write[] = [];
  #retrying: Repeating | undefined;

  constructor(options: SessionSpoolOptions) {
    this.#options = options;
  }

  get depth(): number {
    return this.#waiting.length;
  }

  start(): void {
    const { clock, log } = this.#options;
    this.#retrying ??= repeat({
      clock,
      everyMs: retryEveryMs,
      task: () => this.flush(),
      onError: (error) => log.error('spool-failed', { error }),
    });
  }

  /** Tries once more, then hands what is left to the log. */
  async stop(): Promise<void> {
    await this.#retrying?.stop();
    await this.flush();
    for (const write of this.#waiting.splice(0)) this.#giveUp(write);
  }

  /** A claim that cannot be made is not made: the call stays out of the test instead of entering it twice. */
  async claimFirstCall(promotionId: string, callerHash: string, sessionId: string): Promise<boolean> {
    const { sessions, log } = this.#options;
    try {
      return await this.#limited(sessions.claimFirstCall(promotionId, callerHash, sessionId));
    } catch (error) {
      log.with({ sessionId }).warn('first-call-not-claimed', { promotion_id: promotionId, error });
      return false;
    }
  }

  async open(record: SessionRecord): Promise<boolean> {
    try {
      return await this.#limited(this.#options.sessions.open(record));
    } catch (error) {
      this.#keep({ kind: 'open', record }, error);
      return true;
    }
  }

  async close(sessionId: string, result: SessionResult): Promise<void> {
    const write: Write = { kind: 'close', sessionId, result };
    // Behind its own start row, if that still waits.
    if (this.#waiting.some((other) => sessionOf(other) === sessionId)) return this.#keep(write);
    await this.#apply(write).catch((error: unknown) => this.#keep(write, error));
  }

  /** Not kept: a word that comes minutes late would change what was decided without it. */
  async vouch(sessionId: string, aliveUntil: Date): Promise<void> {
    await this.#limited(this.#options.sessions.vouch(sessionId, aliveUntil));
  }

  /** Writes what waits, in order, until one fails. One that can never be written does not hold up those behind it. */
  async flush(): Promise<void> {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const failure = await this.#apply(next).then(
        () => undefined,
        (error: unknown) => error ?? 'no reason',
      );
      if (failure !== undefined && !isMalformed(failure)) return;
      // A full spool may have given it up meanwhile; the one that is first now is not written yet.
      if (this.#waiting[0] !== next) continue;
      this.#waiting.shift();
      if (failure !== undefined) this.#giveUp(next);
    }
  }

  async #apply(write: Write): Promise<void> {
    const { sessions } = this.#options;
    if (write.kind === 'open') await this.#limited(sessions.open(write.record));
    else await this.#limited(sessions.close(write.sessionId, write.result));
  }

  #limited<T>(work: Promise<T>): Promise<T> {
    const late = () => new LastgoodError('timeout', `the session record was not written within ${writeLimitMs} ms`);
    return within(this.#options.clock, writeLimitMs, work, late);
  }

  #keep(write: Write, error?: unknown): void {
    if (isMalformed(error)) return this.#giveUp(write);
    const sessionId = sessionOf(write);
    this.#options.log
      .with({ sessionId })
      .warn('session-write-spooled', { write: write.kind, depth: this.depth, error });
    this.#waiting.push(write);
    const oldest = this.#waiting.length > maxWaiting ? this.#waiting.shift() : undefined;
    if (oldest) this.#giveUp(oldest);
  }

  #giveUp(write: Write): void {
    this.#options.log.with({ sessionId: sessionOf(write) }).error('session-write-lost', { write });
  }
}

const sessionOf = (write: Write): string =>
  write.kind === 'open' ? write.record.assignment.sessionId : write.sessionId;

/** A record that the table refuses for what it is; the same again is refused again. */
const isMalformed = (error: unknown): boolean => isLastgoodError(error, 'invalid-input');
