import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { LastgoodError } from '#core/errors.ts';
import { type Ticket, verifyTicket } from '#core/session/tokens.ts';
import type { ServiceName } from '#core/words/names.ts';
import type { Clock } from '#core/clock.ts';
import type { CallLog } from '../log.ts';
import type { KeySource } from '#core/session/key-source.ts';
import type { Dispatched, Dispatcher } from './dispatcher.ts';
import { errorAnswer, refuseUpgrade } from './http-answer.ts';
import { splice } from './splice.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { TicketGate } from './ticket-gate.ts';

export interface TakeCallOptions {
  readonly clock: Clock;
  readonly keys: KeySource;
  readonly gate: TicketGate;
  readonly dispatcher: Dispatcher;
  /** Tickets can be saved up; so the customer's share is measured at the start of calls too (T7). */
  readonly limiter: RateLimiter;
  readonly callsPerMinute: ReadonlyMap<ServiceName, number>;
  readonly log: CallLog;
  /** A call has started on this arm. */
  readonly onStarted: (started: Extract<Dispatched, { kind: 'started' }>) => void;
}

/**
 * `GET /calls/<ticket>`: finds a process for the call, answers with the host's own 101, then joins the two sockets.
 * @returns when the call is over; never rejects
 */
export const takeCall =
  (options: TakeCallOptions) =>
  async (request: IncomingMessage, socket: Socket, early: Buffer, path: string): Promise<void> => {
    const { clock, dispatcher, log, onStarted } = options;
    const acceptedAt = clock.now();
    const gone = new AbortController();
    const leave = () => gone.abort();
    socket.on('error', leave).once('close', leave);
    let callLog = log;
    try {
      const ticket = await admit(options, path);
      callLog = log.with({ traceId: ticket.traceId, sessionId: ticket.sessionId, customerId: ticket.customerId });
      callLog.info('call-accepted', { service: ticket.service });
      const pending = { ticket, headers: request.headers, signal: gone.signal, log: callLog, acceptedAt };
      const started = startedOrThrow(await dispatcher.dispatch(pending));
      socket.off('close', leave);
      const { arm, release } = started.assignment;
      callLog = callLog.with({ agentVersion: release, sessionId: started.assignment.sessionId });
      callLog.info('call-started', { arm, latencyMs: clock.now() - acceptedAt });
      onStarted(started);
      // What the client sent before it had its answer goes first; the host's 101 opens the stream.
      if (early.length > 0) started.socket.write(early);
      socket.write(started.head);
      await splice(clock, socket, started.socket);
      callLog.info('call-closed', { latencyMs: clock.now() - acceptedAt });
    } catch (error) {
      const { status, code, message, retryAfterSeconds } = errorAnswer(error);
      callLog.warn('call-refused', { status, error, latencyMs: clock.now() - acceptedAt });
      refuseUpgrade(socket, status, code, message, retryAfterSeconds);
    }
  };

const admit = async (
  { keys, gate, clock, limiter, callsPerMinute }: TakeCallOptions,
  path: string,
): Promise<Ticket> => {
  const token = /^\/calls\/([\w.-]+)$/.exec(path)?.[1];
  if (!token) throw new LastgoodError('unknown-name', 'calls are at /calls/<ticket>; get one from POST /sessions');
  const ticket = await verifyTicket(await keys.sessionKey(), token, clock.now());
  const perMinute = callsPerMinute.get(ticket.service);
  if (perMinute === undefined) throw new LastgoodError('unknown-name', `there is no service ${ticket.service} here`);
  const retryAfterMs = limiter.take(`${ticket.service}#${ticket.customerId}`, perMinute);
  if (retryAfterMs > 0) {
    throw new LastgoodError('rate-limited', `the customer may start ${perMinute} calls per minute`, {
      details: { retryAfterMs },
    });
  }
  if (!(await gate.admit(ticket.sessionId)))
    throw new LastgoodError('unauthorized', 'the ticket was used before; ask for a new one');

  return ticket;
};

/** Turns a dispatch that did not start into the error that the client sees. */
const startedOrThrow = (dispatched: Dispatched): Extract<Dispatched, { kind: 'started' }> => {
  switch (dispatched.kind) {
    case 'started':
      return dispatched;
    case 'busy':
      throw new LastgoodError('busy', 'all agents are busy; try again in a moment', {
        details: { retryAfterMs: 5_000 },
      });
    case 'no-release':
      throw new LastgoodError('unknown-name', 'the service has no release yet');
    case 'gone':
      throw new LastgoodError('interrupted', 'the client has gone');
  }
};
