import { fromPhoneWriter, readToPhone, silentPayload, type StreamIdentity } from '#core/telephony/media-stream.ts';
import { Conversation } from './conversation.ts';
import type { CallEnd } from './outcome.ts';
import { createPlayout } from './playout.ts';
import type { Scenario } from './scenario.ts';
import type { Phrase } from './speech.ts';

/** Problems kept per call: the first ones tell. */
const maxProblems = 5;

export interface CallerOptions {
  readonly scenario: Scenario;
  /** Speech of every utterance, in order. */
  readonly phrases: readonly Phrase[];
  readonly stream: StreamIdentity;
  /** Sends a message to the agent. */
  readonly send: (message: string) => void;
  /** Closes the line; called at most once. */
  readonly hangUp: (end: CallEnd) => void;
}

/** What the caller noticed. Times are milliseconds. */
export interface CallerNotes {
  /** When the first audio of the agent arrived, on the clock of the inputs. */
  readonly firstAudioAtMs: number | undefined;
  readonly turnLatencyMs: readonly number[];
  readonly interruptionMs: readonly number[];
  readonly utterancesSaid: number;
  readonly agentUtterancesHeard: number;
  /** What the agent sent against the protocol. */
  readonly problems: readonly string[];
}

export interface Caller {
  /** 20 ms passed: hears one frame, sends one frame. */
  frame(nowMs: number): void;
  receive(message: string, nowMs: number): void;
  /** Hangs up now, whatever is being said. */
  stop(): void;
  /** The line is closed; nothing is sent any more. */
  closed(): void;
  notes(): CallerNotes;
}

/**
 * A caller on an open line, with the phone network between: sends 20 ms frames, plays the agent's audio in real time,
 * returns marks when they were played and honours `clear`. Without clock or socket: time comes with every input.
 */
export const openCaller = ({ scenario, phrases, stream, send, hangUp }: CallerOptions, nowMs: number): Caller => {
  const writer = fromPhoneWriter(stream);
  const playout = createPlayout();
  const conversation = new Conversation(scenario, phrases, nowMs);
  const problems: string[] = [];
  let firstAudioAtMs: number | undefined;
  let over = false;

  const note = (problem: string): void => {
    if (problems.length < maxProblems) problems.push(problem);
  };
  const returnMarks = (names: readonly string[]): void => {
    for (const name of names) send(writer.mark(name));
  };
  const end = (why: (CallEnd & { by: 'caller' })['why']): void => {
    if (over) return;
    over = true;
    send(writer.stop());
    hangUp({ by: 'caller', why });
  };
  const handle = (text: string, nowMs: number): void => {
    const message = readToPhone(text);
    switch (message?.event) {
      case 'media':
        firstAudioAtMs ??= nowMs;
        if (!playout.add(message.audio)) note('the agent sent more than 10 minutes of audio ahead');
        return;
      case 'mark':
        return playout.mark(message.name);
      case 'clear':
        return returnMarks(playout.clear());
      case undefined:
        return note(`the agent sent what the phone network does not take: ${text.slice(0, 120)}`);
    }
  };

  send(writer.connected());
  send(writer.start());
  return {
    frame: (nowMs) => {
      if (over) return;
      const { audio, marks } = playout.play();
      returnMarks(marks);
      const move = conversation.frame(audio, nowMs);
      if (move.kind === 'hang-up') end(move.why);
      else send(writer.media(move.kind === 'say' ? move.frame : silentPayload));
    },
    receive: (text, nowMs) => {
      if (!over) handle(text, nowMs);
    },
    stop: () => end('stopped'),
    closed: () => {
      over = true;
    },
    notes: () => ({
      firstAudioAtMs,
      turnLatencyMs: conversation.turnLatencyMs,
      interruptionMs: conversation.interruptionMs,
      utterancesSaid: conversation.utterancesSaid,
      agentUtterancesHeard: conversation.agentUtterancesHeard,
      problems,
    }),
  };
};
