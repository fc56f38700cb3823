import type { WebSocket } from 'ws';
import type { Outcome } from '#core/words/outcome.ts';
import type { Clock } from '#core/clock.ts';
import type { Log } from '../log.ts';
import type { CallTransport, TransportEvents } from './transport.ts';

/** A media message holds 20 ms; larger frames are still speech, anything above this is not. */
const maxAudioBytes = 8_000;

const maxParameters = 50;

const maxParameterCharacters = 65_536;

/** Marks that may be on their way; more of them means that the far end answers none. */
const maxMarks = 1_000;

const closeLimitMs = 1_000;

/** Unknown messages that are logged per call; the rest is ignored in silence. */
const maxUnknownLogged = 5;

type Message = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parse = (text: string): Message | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const parametersOf = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(isObject(value) ? value : {})
      .slice(0, maxParameters)
      .filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1].length <= maxParameterCharacters,
      ),
  );

export interface TwilioOptions {
  readonly socket: WebSocket;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Twilio Media Streams, bidirectional: JSON text messages with base64 µ-law
 * (https://www.twilio.com/docs/voice/media-streams/websocket-messages). Tolerant of messages and fields that it does not know.
 */
export class TwilioTransport implements CallTransport {
  readonly #options: TwilioOptions;
  readonly #marks = new Set<string>();
  #events: TransportEvents | undefined;
  #streamSid = '';
  #unknown = 0;
  #ended = false;

  constructor(options: TwilioOptions) {
    this.#options = options;
  }

  listen(events: TransportEvents): void {
    this.#events = events;
    const { socket } = this.#options;
    socket.on('message', (data, isBinary) => {
      if (!isBinary) this.#receive(String(data));
    });
    socket.on('close', (code) => this.#end(code === 1006 ? 'connection-lost' : 'hung-up'));
    socket.on('error', (error) => this.#options.log.warn('transport-error', { error }));
  }

  sendAudio(audio: Uint8Array): void {
    const payload = Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength).toString('base64');
    this.#send({ event: 'media', streamSid: this.#streamSid, media: { payload } });
  }

  sendMark(name: string): void {
    if (this.#marks.size >= maxMarks) return;
    this.#marks.add(name);
    this.#send({ event: 'mark', streamSid: this.#streamSid, mark: { name } });
  }

  clear(): void {
    // Marks of cleared audio come back as if it had been played: forget their names.
    this.#marks.clear();
    this.#send({ event: 'clear', streamSid: this.#streamSid });
  }

  /** The phone network ignores the close reason; synthetic callers and apps read the outcome there. */
  close(outcome: Outcome): Promise<void> {
    const { socket, clock } = this.#options;
    this.#ended = true;
    if (socket.readyState === socket.CLOSED) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = clock.after(closeLimitMs, () => socket.terminate());
      socket.once('close', () => {
        cancel();
        resolve();
      });
      socket.close(1000, outcome);
    });
  }

  #receive(text: string): void {
    const message = parse(text);
    switch (message?.['event']) {
      case 'connected':
        return;
      case 'start':
        return this.#start(message);
      case 'media':
        return this.#media(message['media']);
      case 'mark':
        return this.#mark(message['mark']);
      case 'dtmf':
        return this.#dtmf(message['dtmf']);
      case 'stop':
        return this.#end('hung-up');
      default:
        this.#unknown++;
        if (this.#unknown <= maxUnknownLogged)
          this.#options.log.warn('transport-message-ignored', { bytes: text.length });
    }
  }

  #start(message: Message): void {
    if (this.#streamSid !== '') return;
    const start = isObject(message['start']) ? message['start'] : {};
    this.#streamSid = String(message['streamSid'] ?? start['streamSid'] ?? 'stream');
    this.#events?.onStart({ streamId: this.#streamSid, parameters: parametersOf(start['customParameters']) });
  }

  #media(media: unknown): void {
    if (!isObject(media) || typeof media['payload'] !== 'string') return;
    if (media['track'] !== undefined && media['track'] !== 'inbound') return;
    const audio = Buffer.from(media['payload'], 'base64');
    if (audio.length > 0 && audio.length <= maxAudioBytes) this.#events?.onAudio(audio);
  }

  #mark(mark: unknown): void {
    const name = isObject(mark) ? mark['name'] : undefined;
    if (typeof name === 'string' && this.#marks.delete(name)) this.#events?.onMark(name);
  }

  #dtmf(dtmf: unknown): void {
    const digit = isObject(dtmf) ? dtmf['digit'] : undefined;
    if (typeof digit === 'string' && /^[0-9A-D*#]$/.test(digit)) this.#events?.onDtmf(digit);
  }

  #end(reason: 'hung-up' | 'connection-lost'): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events?.onEnd(reason);
  }

  #send(message: Message): void {
    const { socket } = this.#options;
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
  }
}
