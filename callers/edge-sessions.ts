import { z } from 'zod';
import { type Clock, underLimit } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import type { SessionChannel } from '#core/words/channel.ts';
import type { PlaceCallsOptions } from './place-calls.ts';

/** The edge answers from memory; an edge that takes this long is not there. */
const requestTimeoutMs = 10_000;

export interface EdgeSessionsOptions {
  /** Public base URLs of the org's edges, `ws://` or `wss://`; asked for each call, so an edge that went is left. */
  readonly edges: () => Promise<readonly string[]>;
  /** Token of the customer on whose behalf the calls are placed. */
  readonly token: () => Promise<string>;
  readonly service: string;
  /** @default phone */
  readonly channel?: SessionChannel;
  /** Version set. @default - the edge's own default, `release` */
  readonly set?: string;
  readonly clock: Clock;
  /** @default - the one of Node */
  readonly fetch?: typeof fetch;
}

const Created = z.object({ url: z.url({ protocol: /^wss?$/ }), sessionId: z.string() });
const Refused = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/**
 * Sessions as an app asks for them: `POST /sessions` at an edge with the customer's token, one edge after the other.
 * The returned function rejects with LastgoodError: the edge's own words, or `not-found` when no edge is there.
 */
export const edgeSessions = (options: EdgeSessionsOptions): PlaceCallsOptions['openSession'] => {
  const { edges, token, service, channel = 'phone', set, clock, fetch: send = fetch } = options;
  let turn = 0;
  return async ({ callerId }) => {
    const urls = await edges();
    const edge = urls[turn++ % Math.max(1, urls.length)];
    if (edge === undefined) {
      throw new LastgoodError(
        'not-found',
        'no edge of the org holds a lease: is it deployed, and are its edges running?',
      );
    }
    const request = {
      method: 'POST',
      headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ service, channel, affinityKey: callerId, ...(set !== undefined && { set }) }),
    };
    const ask = async (signal: AbortSignal) => {
      const response = await send(`${edge.replace(/^ws/, 'http')}/sessions`, { ...request, signal });
      return { status: response.status, text: await response.text() };
    };
    const late = () => new LastgoodError('timeout', `the edge ${edge} gave no session within ${requestTimeoutMs} ms`);
    const { status, text } = await underLimit(clock, requestTimeoutMs, ask, late);
    if (status !== 201) throw refusal(status, text);
    return Created.parse(JSON.parse(text));
  };
};

const refusal = (status: number, text: string): LastgoodError => {
  const parsed = z
    .string()
    .transform((body, context) => {
      try {
        return JSON.parse(body) as unknown;
      } catch {
        context.addIssue({ code: 'custom', message: 'not JSON' });
        return z.NEVER;
      }
    })
    .pipe(Refused)
    .safeParse(text);
  const said = parsed.success ? `${parsed.data.error.code}: ${parsed.data.error.message}` : text.slice(0, 200);
  const code =
    status === 429 ? 'rate-limited' : status === 401 ? 'unauthorized' : status === 503 ? 'busy' : 'not-found';
  return new LastgoodError(code, `the edge refused the session with ${status}: ${said}`, {
    retryable: status === 429 || status >= 500,
  });
};
