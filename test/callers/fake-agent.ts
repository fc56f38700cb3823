import { encodeMulaw, mulawLoudnessDb, mulawSilence, phoneFrameBytes } from '#core/audio/mulaw.ts';

/** 20 ms of a loud tone. */
export const loudFrame: Uint8Array = encodeMulaw(
  Int16Array.from({ length: phoneFrameBytes }, (_, i) => 6_000 * Math.sin((2 * Math.PI * i) / 20)),
);

export const speech = (ms: number): Uint8Array =>
  Uint8Array.from({ length: ms * 8 }, (_, i) => loudFrame[i % phoneFrameBytes] ?? mulawSilence);

export interface FakeAgentOptions {
  readonly send: (message: string) => void;
  readonly close: (code: number, reason?: string) => void;
  /** Milliseconds of speech of the greeting and of each answer; after the last one the agent ends the call. */
  readonly says: readonly number[];
  /** Silence that ends the caller's turn. */
  readonly endpointMs?: number;
  /** Stops speaking when the caller does. */
  readonly interruptible?: boolean;
  /** Ends the call after the last thing it says. @default true */
  readonly endsCall?: boolean;
  readonly closeCode?: number;
  readonly closeReason?: string;
}

interface Inbound {
  readonly event: string;
  readonly start?: { readonly streamSid: string; readonly customParameters: Record<string, string> };
  readonly media?: { readonly chunk: string; readonly timestamp: string; readonly payload: string };
  readonly mark?: { readonly name: string };
  readonly sequenceNumber?: string;
}

/** An agent just clever enough to hold a conversation by loudness; it keeps everything it received. */
export class FakeAgent {
  readonly received: Inbound[] = [];
  readonly #options: FakeAgentOptions;
  #said = 0;
  #quietFrames = 0;
  #loudFrames = 0;
  #playing: string | undefined;

  constructor(options: FakeAgentOptions) {
    this.#options = options;
  }

  receive(text: string): void {
    const message = JSON.parse(text) as Inbound;
    this.received.push(message);
    if (message.event === 'start') this.#say();
    if (message.event === 'media') this.#hear(Buffer.from(message.media?.payload ?? '', 'base64'));
    if (message.event === 'mark') this.#played(message.mark?.name ?? '');
  }

  events(event: string): readonly Inbound[] {
    return this.received.filter((message) => message.event === event);
  }

  #hear(frame: Uint8Array): void {
    const isLoud = mulawLoudnessDb(frame) > -45;
    this.#quietFrames = isLoud ? 0 : this.#quietFrames + 1;
    this.#loudFrames += isLoud ? 1 : 0;
    if (isLoud && this.#loudFrames === 5 && this.#playing !== undefined && this.#options.interruptible !== false)
      this.#options.send(JSON.stringify({ event: 'clear', streamSid: 'x' }));

    if (this.#loudFrames < 5 || this.#quietFrames * 20 < (this.#options.endpointMs ?? 300)) return;
    this.#loudFrames = 0;
    this.#say();
  }

  #say(): void {
    const ms = this.#options.says[this.#said];
    if (ms === undefined) return;
    this.#said += 1;
    this.#playing = `utterance-${this.#said}`;
    const payload = Buffer.from(speech(ms)).toString('base64');
    this.#options.send(JSON.stringify({ event: 'media', streamSid: 'x', media: { payload } }));
    this.#options.send(JSON.stringify({ event: 'mark', streamSid: 'x', mark: { name: this.#playing } }));
  }

  #played(name: string): void {
    if (name !== this.#playing) return;
    this.#playing = undefined;
    if (this.#said < this.#options.says.length || this.#options.endsCall === false) return;
    this.#options.close(this.#options.closeCode ?? 1000, this.#options.closeReason);
  }
}
