import { createHmac } from 'node:crypto';
import { LastgoodError } from '#core/errors.ts';
import type { RandomBytes } from '#core/random.ts';
import { signTicket, tokenSeconds } from '#core/session/tokens.ts';
import type { SessionChannel } from '#core/words/channel.ts';
import { SessionId, TraceId } from '#core/words/ids.ts';
import type { CustomerId, ServiceName, SetName } from '#core/words/names.ts';
import { type Clock, timestampOf } from '#core/clock.ts';
import type { KeySource } from '#core/session/key-source.ts';
import type { RateLimiter } from './rate-limiter.ts';

export interface TicketOfficeOptions {
  readonly clock: Clock;
  readonly keys: KeySource;
  readonly limiter: RateLimiter;
  readonly randomBytes: RandomBytes;
  /** `wss://calls.example.org`, without a slash at the end. */
  readonly publicUrl: string;
  /** Calls a customer may start per minute, by service: the services of this edge. */
  readonly callsPerMinute: ReadonlyMap<ServiceName, number>;
}

export interface TicketRequest {
  readonly service: ServiceName;
  readonly set: SetName;
  readonly customerId: CustomerId;
  readonly channel: SessionChannel;
  /** What makes a caller the same caller: a phone number, a user id. @default - every call is its own caller */
  readonly affinityKey?: string;
}

export interface IssuedTicket {
  readonly url: string;
  readonly sessionId: SessionId;
  readonly traceId: TraceId;
  readonly expiresAt: string;
}

/** Nobody guesses the id of another's session. */
const idBytes = 16;

/** Issues one-use tickets for calls within the customer's share. The trace id of the call is born here (X1). */
export class TicketOffice {
  readonly #options: TicketOfficeOptions;

  constructor(options: TicketOfficeOptions) {
    this.#options = options;
  }

  /** @throws LastgoodError `unknown-name`, `rate-limited` */
  async issue({ affinityKey, ...call }: TicketRequest): Promise<IssuedTicket> {
    const { clock, keys, limiter, publicUrl, callsPerMinute, randomBytes } = this.#options;
    const perMinute = callsPerMinute.get(call.service);
    if (perMinute === undefined) {
      const known = [...callsPerMinute.keys()].join(', ');
      throw new LastgoodError('unknown-name', `there is no service ${call.service} here; this org has ${known}`);
    }
    const retryAfterMs = limiter.take(`${call.service}#${call.customerId}`, perMinute);
    if (retryAfterMs > 0) {
      const message = `the customer may start ${perMinute} calls per minute; try again in ${retryAfterMs} ms`;
      throw new LastgoodError('rate-limited', message, { retryable: true, details: { retryAfterMs } });
    }
    const now = clock.now();
    const key = await keys.sessionKey();
    const sessionId = SessionId.parse(hexOf(randomBytes(idBytes)));
    const traceId = TraceId.parse(hexOf(randomBytes(idBytes)));
    // Keyed, so that a list of phone numbers does not give the callers away.
    const caller = createHmac('sha256', key)
      .update(`${call.customerId}\0${affinityKey ?? sessionId}`)
      .digest('hex');
    const ticket = await signTicket(key, { ...call, sessionId, traceId, affinityKey: caller }, now);
    const expiresAt = timestampOf(now + tokenSeconds.ticket * 1000);
    return { url: `${publicUrl}/calls/${ticket}`, sessionId, traceId, expiresAt };
  }
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
