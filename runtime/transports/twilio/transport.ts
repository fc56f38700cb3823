import type { Outcome } from '#core/words/outcome.ts';
import { type FromPhone, readFromPhone, type ToPhone, writeToPhone } from '#core/telephony/media-stream.ts';
import type { CallTransport, TransportContext, TransportDefinition, TransportEvents } from '../transport.ts';
import type { TwilioParams } from './params.ts';

/** Marks that may be on their way; more of them means that the far end answers none. */
const maxMarks = 1_000;
const closeLimitMs = 1_000;
/** Unknown messages that are logged per call; the rest is ignored in silence. */
const maxUnknownLogged = 5;

/** Twilio Media Streams, the agent's end. Tolerant of messages and fields that it does not know. */
export const twilio: TransportDefinition<TwilioParams> = {
  params: async () => (await import('./params.ts')).TwilioParams,
  open: (_params, context) => new TwilioTransport(context),
};

class TwilioTransport implements CallTransport {
  readonly #options: TransportContext;
  readonly #marks = new Set<string>();
  #events: TransportEvents | undefined;
  #streamSid = '';
  #unknown = 0;
  #ended = false;

  constructor(options: TransportContext) {
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
    this.#send({ event: 'media', audio });
  }

  sendMark(name: string): void {
    if (this.#marks.size >= maxMarks) return;
    this.#marks.add(name);
    this.#send({ event: 'mark', name });
  }

  clear(): void {
    // Marks of cleared audio come back as if it had been played: forget their names.
    this.#marks.clear();
    this.#send({ event: 'clear' });
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
    const message = readFromPhone(text);
    switch (message?.event) {
      case 'connected':
      case 'void':
        return;
      case 'start':
        return this.#start(message);
      case 'media':
        return this.#events?.onAudio(message.audio);
      case 'mark':
        if (this.#marks.delete(message.name)) this.#events?.onMark(message.name);
        return;
      case 'dtmf':
        return this.#events?.onDtmf(message.digit);
      case 'stop':
        return this.#end('hung-up');
      case undefined:
        this.#unknown++;
        if (this.#unknown <= maxUnknownLogged)
          this.#options.log.warn('transport-message-ignored', { bytes: text.length });
    }
  }

  #start({ streamSid, parameters }: Extract<FromPhone, { event: 'start' }>): void {
    if (this.#streamSid !== '') return;
    this.#streamSid = streamSid;
    this.#events?.onStart({ streamId: streamSid, parameters });
  }

  #end(reason: 'hung-up' | 'connection-lost'): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events?.onEnd(reason);
  }

  #send(message: ToPhone): void {
    const { socket } = this.#options;
    if (socket.readyState === socket.OPEN) socket.send(writeToPhone(this.#streamSid, message));
  }
}
