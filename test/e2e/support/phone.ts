import { once } from 'node:events';
import { WebSocket } from 'ws';
import { encodeMulaw, phoneFrameMs } from '#core/audio/mulaw.ts';
import {
  fromPhoneWriter,
  type FromPhoneWriter,
  payloadsOf,
  readToPhone,
  silentPayload,
} from '#core/telephony/media-stream.ts';
import { soundWord } from '#runtime/providers/scripted/voice.ts';

/** Nothing of the agent's has been audible for this long: it has finished. */
const quietMs = 400;

/** A phone at the far end of Twilio Media Streams: plays what comes at its pace, returns marks when played, speaks when told to. */
export class Phone {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  /** Everything that came, by kind. */
  readonly counts = { media: 0, mark: 0, clear: 0 };
  readonly #writer: FromPhoneWriter;
  #outgoing: string[] = [];
  #played: { at: number; mark: string }[] = [];
  #playsUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #watchers: (() => void)[] = [];

  constructor(url: string, script: readonly string[] = []) {
    const customParameters = { script: JSON.stringify(script) };
    this.#writer = fromPhoneWriter({ streamSid: 'MZ1', callSid: 'CA1', accountSid: 'AC1', customParameters });
    this.socket = new WebSocket(url, { perMessageDeflate: false });
    this.closed = new Promise((resolve) => this.socket.once('close', (code) => resolve(code)));
    this.closed.then(() => clearInterval(this.#timer)).catch(() => undefined);
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data) => this.#receive(String(data)));
  }

  /** Dials and says who is calling. @throws with the HTTP status when the call is refused */
  async begin(): Promise<this> {
    const refused = new Promise<never>((_, reject) => {
      this.socket.once('unexpected-response', (_request, response) =>
        reject(new Error(`refused with ${response.statusCode}`)),
      );
      this.socket.once('error', reject);
    });
    await Promise.race([once(this.socket, 'open'), refused]);
    this.#send(this.#writer.connected());
    this.#send(this.#writer.start());
    this.#timer = setInterval(() => this.#tick(), phoneFrameMs);
    return this;
  }

  /** Resolves when the agent's voice is audible. */
  agentSpeaks(): Promise<void> {
    return this.#until(() => Date.now() < this.#playsUntil);
  }

  /** Resolves when the agent has spoken and finished. */
  async agentFinishes(): Promise<void> {
    await this.agentSpeaks();
    await this.#until(() => Date.now() > this.#playsUntil + quietMs);
  }

  /** Resolves when the agent has taken back what it was saying. */
  isCleared(): Promise<void> {
    return this.#until(() => this.counts.clear > 0);
  }

  /** Speaks for so long; the script says what. */
  say(ms = 400): void {
    this.#outgoing.push(...payloadsOf(encodeMulaw(soundWord('amanaman', ms))));
  }

  hangUp(): void {
    this.#send(this.#writer.stop());
    this.socket.close(1000);
  }

  #until(wanted: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!wanted()) return;
        this.#watchers = this.#watchers.filter((watcher) => watcher !== look);
        resolve();
      };
      this.#watchers.push(look);
      this.closed.then(() => reject(new Error('the call ended'))).catch(() => undefined);
    });
  }

  #receive(text: string): void {
    const now = Date.now();
    const message = readToPhone(text);
    switch (message?.event) {
      case 'media':
        this.counts.media++;
        this.#playsUntil = Math.max(now, this.#playsUntil) + phoneFrameMs;
        return;
      case 'mark':
        this.counts.mark++;
        this.#played.push({ at: this.#playsUntil, mark: message.name });
        return;
      case 'clear':
        this.counts.clear++;
        this.#playsUntil = now;
        for (const entry of this.#played) entry.at = now;
    }
  }

  #tick(): void {
    this.#send(this.#writer.media(this.#outgoing.shift() ?? silentPayload));
    const now = Date.now();
    for (const { mark } of this.#played.filter(({ at }) => at <= now)) this.#send(this.#writer.mark(mark));
    this.#played = this.#played.filter(({ at }) => at > now);
    for (const watcher of this.#watchers) watcher();
  }

  #send(message: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(message);
  }
}
