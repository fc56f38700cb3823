import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';
import { verifyCustomerToken } from '#core/session/tokens.ts';
import { knownCaller } from '#core/telephony/caller-id.ts';
import { SessionChannel } from '#core/words/channel.ts';
import { type OrgName, ServiceName, SetName } from '#core/words/names.ts';
import type { Clock } from '#core/clock.ts';
import type { CallLog } from '../log.ts';
import type { KeySource } from '#core/session/key-source.ts';
import { readBody, sendJson } from './http-answer.ts';
import type { TicketOffice } from './tickets.ts';

/** Body of `POST /sessions`. Who the customer is stands in the token only. */
export const SessionRequest = z.strictObject({
  service: ServiceName,
  /** @default webrtc */
  channel: SessionChannel.default('webrtc'),
  /** What makes a caller the same caller. @default - every call is a caller of its own, as with a withheld number */
  affinityKey: z.string().min(1).max(256).optional(),
  /** Runs on the version set `preview` instead of `release`. @default false */
  preview: z.boolean().default(false),
  /** Another version set, `test` or `personal-<name>`. @default - `release`, or `preview` */
  set: SetName.optional(),
});

export interface RequestSessionOptions {
  readonly org: OrgName;
  readonly clock: Clock;
  readonly keys: KeySource;
  readonly office: TicketOffice;
  readonly log: CallLog;
}

/** `POST /sessions`: an app asks for a call on behalf of its customer; 201 `{url, sessionId, expiresAt}`. */
export const requestSession =
  ({ org, clock, keys, office, log }: RequestSessionOptions) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const bearer = /^Bearer ([\w.-]+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!bearer) throw new LastgoodError('unauthorized', 'send Authorization: Bearer <token of the customer>');
    const claims = await verifyCustomerToken(await keys.sessionKey(), bearer, clock.now());
    if (claims.org !== org)
      throw new LastgoodError('unauthorized', `the token is for org ${claims.org}; this is ${org}`);

    const body = parseOrThrow(SessionRequest, parseJson(await readBody(request)), 'body of POST /sessions');
    const affinityKey = knownCaller(body.affinityKey);
    const { url, sessionId, traceId, expiresAt } = await office.issue({
      service: body.service,
      set: body.set ?? SetName.parse(body.preview ? 'preview' : 'release'),
      customerId: claims.sub,
      channel: body.channel,
      ...(affinityKey !== undefined && { affinityKey }),
    });
    log.with({ traceId, sessionId, customerId: claims.sub }).info('ticket-issued', { service: body.service });
    sendJson(response, 201, { url, sessionId, expiresAt });
  };

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new LastgoodError('invalid-input', 'the body of POST /sessions must be JSON: {"service": "..."}');
  }
};
