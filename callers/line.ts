import { WebSocket } from 'ws';
import type { Clock } from '#core/clock.ts';
import type { StreamIdentity } from '#core/telephony/media-stream.ts';
import { type Caller, openCaller } from './caller.ts';
import { type CallEnd, type SeenOutcome, describeEnd, seenOutcome } from './outcome.ts';
import type { Pace } from './pace.ts';
import type { Scenario } from './scenario.ts';
import type { Phrase } from './speech.ts';

/** Upgrade request to the 101: the edge waits up to its own limit for a free process, then answers. */
const handshakeTimeoutMs = 15_000;
/** An agent that leaves this much unread has hung. About a minute of audio. */
const maxUnsentBytes = 1_000_000;
/** After the caller hung up, the agent closes the line within this time, or the line is cut. */
const closeTimeoutMs = 2_000;
const maxMessageBytes = 1_048_576;
const normalClosure = 1000;

/** One call as its caller saw it. Times in ms. */
export interface CallResult {
  readonly callerId: string;
  readonly scenario: string;
  readonly sessionId: string | undefined;
  /** ISO 8601, when the call was placed. */
  readonly placedAt: string;
  readonly outcome: SeenOutcome;
  /** The connection broke while the conversation went on. */
  readonly dropped: boolean;
  /** One line: how it ended. */
  readonly end: string;
  /** False when the scenario expects another outcome than the one seen; undefined when it expects none. */
  readonly asExpected: boolean | undefined;
  /** Upgrade request to the first audio frame of the agent; undefined when none came. */
  readonly startMs: number | undefined;
  readonly durationMs: number;
  readonly turnLatencyMs: readonly number[];
  readonly interruptionMs: readonly number[];
  readonly utterancesSaid: number;
  readonly agentUtterancesHeard: number;
  readonly problems: readonly string[];
}

export interface LineOptions {
  readonly url: string;
  readonly scenario: Scenario;
  readonly phrases: readonly Phrase[];
  readonly stream: StreamIdentity;
  readonly clock: Clock;
  readonly pace: Pace;
  /** Aborted: the caller hangs up and the call ends as `abandoned`. */
  readonly signal?: AbortSignal | undefined;
}

export type LineResult = Pick<
  CallResult,
  | 'outcome'
  | 'dropped'
  | 'end'
  | 'asExpected'
  | 'startMs'
  | 'durationMs'
  | 'turnLatencyMs'
  | 'interruptionMs'
  | 'utterancesSaid'
  | 'agentUtterancesHeard'
  | 'problems'
>;

/** Places one call over a line of its own and stays until it is over. Never rejects: what goes wrong is the result. */
export const holdCall = async (options: LineOptions): Promise<LineResult> => {
  const dialledAtMs = options.clock.now();
  const socket = new WebSocket(options.url, {
    perMessageDeflate: false,
    handshakeTimeout: handshakeTimeoutMs,
    maxPayload: maxMessageBytes,
  });
  const refused = await opened(socket);
  // A line that breaks reports an error before its close event; the close is what counts.
  socket.on('error', () => {});
  if (refused !== undefined) {
    socket.terminate();
    return resultOf(options, refused, dialledAtMs, undefined);
  }
  let caller: Caller | undefined;
  const end = await converse(socket, options, (made) => (caller = made));
  return resultOf(options, end, dialledAtMs, caller);
};

const resultOf = (
  { scenario, clock }: LineOptions,
  end: CallEnd,
  dialledAtMs: number,
  caller: Caller | undefined,
): LineResult => {
  const notes = caller?.notes();
  const outcome = seenOutcome(end, (notes?.agentUtterancesHeard ?? 0) > 0);
  return {
    outcome,
    dropped: outcome === 'dropped',
    end: describeEnd(end),
    asExpected: scenario.expect === undefined ? undefined : scenario.expect === outcome,
    startMs: notes?.firstAudioAtMs === undefined ? undefined : notes.firstAudioAtMs - dialledAtMs,
    durationMs: clock.now() - dialledAtMs,
    turnLatencyMs: notes?.turnLatencyMs ?? [],
    interruptionMs: notes?.interruptionMs ?? [],
    utterancesSaid: notes?.utterancesSaid ?? 0,
    agentUtterancesHeard: notes?.agentUtterancesHeard ?? 0,
    problems: notes?.problems ?? [],
  };
};

/** The reason of a refused upgrade, with the first line of its body: the edge says there what to do. */
const refusal = (socket: WebSocket): Promise<CallEnd> =>
  new Promise((resolve) => {
    socket.once('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (part: Buffer) => (body = (body + part.toString()).slice(0, 300)));
      response.on('close', () =>
        resolve({ by: 'network', problem: `the upgrade was refused with ${response.statusCode}: ${body.trim()}` }),
      );
    });
  });

const opened = (socket: WebSocket): Promise<undefined | CallEnd> =>
  Promise.race([
    new Promise<undefined>((resolve) => socket.once('open', () => resolve(undefined))),
    refusal(socket),
    new Promise<CallEnd>((resolve) =>
      socket.once('error', (error) => resolve({ by: 'network', problem: `no connection: ${error.message}` })),
    ),
  ]);

/** From the open line to its end, whoever ends it. */
const converse = (socket: WebSocket, options: LineOptions, keep: (caller: Caller) => void): Promise<CallEnd> =>
  new Promise((resolve) => {
    const { clock, pace, signal } = options;
    let hungUp: CallEnd | undefined;
    const caller = openCaller(
      {
        ...options,
        send: (message) => {
          if (socket.bufferedAmount > maxUnsentBytes) socket.terminate();
          else if (socket.readyState === WebSocket.OPEN) socket.send(message);
        },
        hangUp: (end) => {
          hungUp = end;
          stopPace();
          socket.close(normalClosure);
          const cancel = clock.after(closeTimeoutMs, () => socket.terminate());
          socket.once('close', cancel);
        },
      },
      clock.now(),
    );
    keep(caller);
    let stopPace = (): void => {};
    const stop = (): void => caller.stop();
    socket.on('message', (data) => caller.receive(String(data), clock.now()));
    socket.once('close', (code, reason) => {
      stopPace();
      caller.closed();
      signal?.removeEventListener('abort', stop);
      resolve(hungUp ?? { by: 'agent', code, reason: reason.toString() });
    });
    stopPace = pace.start(() => caller.frame(clock.now()));
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
  });
