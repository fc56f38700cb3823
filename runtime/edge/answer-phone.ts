import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { isLastgoodError, LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';
import { knownCaller } from '#core/telephony/caller-id.ts';
import { CustomerId, type OrgName, ServiceName, SetName } from '#core/words/names.ts';
import type { CallLog } from '../log.ts';
import type { KeySource } from '#core/session/key-source.ts';
import { readBody } from './http-answer.ts';
import type { IssuedTicket, TicketOffice } from './tickets.ts';
import { isTwilioSignature } from './twilio-signature.ts';

export interface AnswerPhoneOptions {
  readonly org: OrgName;
  readonly keys: KeySource;
  readonly office: TicketOffice;
  /** `wss://calls.example.org`; the telephony provider signs its `https` form. */
  readonly publicUrl: string;
  readonly log: CallLog;
}

const PhoneRoute = z.object({ service: ServiceName, customerId: CustomerId });

/**
 * `POST /phone/<service>`: the telephony provider's webhook for an incoming call; TwiML that connects its media stream. The
 * customer is the query parameter `customer` of the configured URL (the signature covers it), else the org itself.
 */
export const answerPhone =
  ({ org, keys, office, publicUrl, log }: AnswerPhoneOptions) =>
  async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const form = new URLSearchParams(await readBody(request));
    const signature = request.headers['x-twilio-signature'];
    const signedUrl = `${publicUrl.replace(/^ws/, 'http')}${url.pathname}${url.search}`;
    const authToken = await keys.telephonyAuthToken();
    if (typeof signature !== 'string' || !isTwilioSignature(signature, authToken, signedUrl, form))
      throw new LastgoodError('unauthorized', `the webhook's X-Twilio-Signature does not match ${url.pathname}`);

    const { service, customerId } = parseOrThrow(
      PhoneRoute,
      { service: url.pathname.slice('/phone/'.length), customerId: url.searchParams.get('customer') ?? org },
      'URL of the webhook',
      'unknown-name',
    );
    const from = form.get('From');
    const affinityKey = knownCaller(from ?? undefined);
    try {
      const ticket = await office.issue({
        service,
        set: SetName.parse('release'),
        customerId,
        channel: 'phone',
        ...(affinityKey !== undefined && { affinityKey }),
      });
      log
        .with({ traceId: ticket.traceId, sessionId: ticket.sessionId, customerId })
        .info('phone-answered', { service, redactable: { from, to: form.get('To') } });
      sendTwiml(response, connectTwiml(ticket));
    } catch (error) {
      if (!isLastgoodError(error, 'rate-limited')) throw error;
      log.warn('phone-rejected', { service, error });
      sendTwiml(response, '<Reject reason="busy"/>');
    }
  };

const escapeXml = (text: string): string => text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);

const sendTwiml = (response: ServerResponse, verbs: string): void => {
  response.writeHead(200, { 'content-type': 'text/xml', 'cache-control': 'no-store' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Response>${verbs}</Response>`);
};

const connectTwiml = ({ url, sessionId }: IssuedTicket): string =>
  `<Connect><Stream url="${escapeXml(url)}"><Parameter name="sessionId" value="${sessionId}"/></Stream></Connect>`;
