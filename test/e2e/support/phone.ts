import { once } from 'node:events';
import { WebSocket } from 'ws';
import { encodeMulaw, mulawSilence, phoneFrameBytes } from '#core/audio/mulaw.ts';
import { soundWord } from '#runtime/providers/scripted/voice.ts';

const frameMs = 20;
/** Nothing of the agent's has been audible for this long: it has finished. */
const quietMs = 400;

const base64 = (audio: Uint8Array) => Buffer.from(audio).toString('base64');
const silence = base64(new Uint8Array(phoneFrameBytes).fill(mulawSilence));
const speechFrames = (ms: number): string[] => {
  const audio = encodeMulaw(soundWord('amanaman', ms));
  return Array.from({ length: Math.floor(audio.length / phoneFrameBytes) }, (_, at) =>
    base64(audio.subarray(at * phoneFrameBytes, (at + 1) * phoneFrameBytes)),
  );
};

interface Message {
  readonly event: string;
  readonly media?: { readonly payload: string };
  readonly mark?: { readonly name: string };
}

/** A phone at the far end of Twilio Media Streams: plays what comes at its pace, returns marks when played, speaks when told to. */
export class Phone {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  /** Everything that came, by kind. */
  readonly counts = { media: 0, mark: 0, clear: 0 };
  readonly #script: readonly string[];
  #outgoing: string[] = [];
  #played: { at: number; mark: string }[] = [];
  #playsUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #watchers: (() => void)[] = [];

  constructor(url: string, script: readonly string[] = []) {
    this.#script = script;
    this.socket = new WebSocket(url, { perMessageDeflate: false });
    this.closed = new Promise((resolve) => this.socket.once('close', (code) => resolve(code)));
    this.closed.then(() => clearInterval(this.#timer)).catch(() => undefined);
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data) => this.#receive(JSON.parse(String(data)) as Message));
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
    this.#send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    const customParameters = { script: JSON.stringify(this.#script) };
    this.#send({
      event: 'start',
      sequenceNumber: '1',
      streamSid: 'MZ1',
      start: { streamSid: 'MZ1', customParameters },
    });
    this.#timer = setInterval(() => this.#tick(), frameMs);
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
    this.#outgoing.push(...speechFrames(ms));
  }

  hangUp(): void {
    this.#send({ event: 'stop', streamSid: 'MZ1', stop: { callSid: 'CA1' } });
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

  #receive({ event, mark }: Message): void {
    const now = Date.now();
    if (event === 'media') {
      this.counts.media++;
      this.#playsUntil = Math.max(now, this.#playsUntil) + frameMs;
    }
    if (event === 'mark' && mark) {
      this.counts.mark++;
      this.#played.push({ at: this.#playsUntil, mark: mark.name });
    }
    if (event === 'clear') {
      this.counts.clear++;
      this.#playsUntil = now;
      for (const entry of this.#played) entry.at = now;
    }
  }

  #tick(): void {
    const payload = this.#outgoing.shift() ?? silence;
    this.#send({ event: 'media', streamSid: 'MZ1', media: { track: 'inbound', payload } });
    const now = Date.now();
    for (const { mark } of this.#played.filter(({ at }) => at <= now))
      this.#send({ event: 'mark', streamSid: 'MZ1', mark: { name: mark } });
    this.#played = this.#played.filter(({ at }) => at > now);
    for (const watcher of this.#watchers) watcher();
  }

  #send(message: unknown): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
