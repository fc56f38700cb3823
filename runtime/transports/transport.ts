import type { WebSocket } from 'ws';
import type { Clock } from '#core/clock.ts';
import type { Outcome } from '#core/words/outcome.ts';
import type { CallLog } from '../log.ts';
import type { Definition } from '../registry.ts';

/** What the far end said about the call when it began. */
export interface CallStart {
  /** The far end's own name of the stream; safe to log. */
  readonly streamId: string;
  /** Parameters that came with the call. */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface TransportEvents {
  readonly onStart: (start: CallStart) => void;
  /** µ-law, 8 kHz. */
  readonly onAudio: (audio: Uint8Array) => void;
  /** Everything before this mark has been played. Marks of cleared audio do not arrive here. */
  readonly onMark: (name: string) => void;
  readonly onDtmf: (digit: string) => void;
  /** The far end is gone: `hung-up` by itself, or the connection broke. */
  readonly onEnd: (reason: 'hung-up' | 'connection-lost') => void;
}

/** What a transport is opened on: the WebSocket of one call. */
export interface TransportContext {
  readonly socket: WebSocket;
  readonly clock: Clock;
  readonly log: CallLog;
}

export type TransportDefinition<Params> = Definition<Params, TransportContext, CallTransport>;

/** The far end of a call, whatever its protocol. */
export interface CallTransport {
  /** Begins to deliver events. */
  readonly listen: (events: TransportEvents) => void;
  /** µ-law, 8 kHz, usually 20 ms. */
  readonly sendAudio: (audio: Uint8Array) => void;
  readonly sendMark: (name: string) => void;
  /** Drops audio that was sent and is not played yet. */
  readonly clear: () => void;
  /** Ends the call and tells how, where the protocol has a place for it; resolves when the far end knows or does not answer. */
  readonly close: (outcome: Outcome) => Promise<void>;
}
