import { mulawSilence, phoneFrameBytes, phoneFrameMs } from '#core/audio/mulaw.ts';
import type { Clock } from '#core/clock.ts';
import type { CallTransport } from '../../transports/transport.ts';
import type { Frame, SpokenWord } from '../frame.ts';
import { type Direction, type Output, pass, type Processor } from '../pipeline.ts';

/** Audio that the far end may hold: enough for a late timer, little to take back at an interruption. */
const leadMs = 100;
/** Marks that do not come back in this time after the audio's end are given up: the far end answers none. */
const markGraceMs = 2_000;

interface Utterance {
  readonly id: number;
  readonly spokenAt: number | undefined;
  /** Bytes not sent yet. */
  audio: Uint8Array;
  readonly words: SpokenWord[];
  /** Words whose mark is sent. */
  marked: number;
  /** Words that were heard to their end, by mark. */
  heard: number;
  /** Epoch milliseconds of the first frame sent. */
  startedAt: number | undefined;
  sentMs: number;
  /** Place in the utterance that the last mark proved, and when it came. */
  provenMs: number;
  provenAt: number | undefined;
  /** All audio is here. */
  complete: boolean;
  /** All audio is sent. */
  sent: boolean;
}

/**
 * Plays speech at its own pace and keeps account of what was heard: a mark behind each word comes back when the word was played.
 * At an interruption the caller has heard the words that marks prove, and the one that was playing (V5).
 */
export class Playback implements Processor {
  readonly name = 'playback';
  readonly #transport: CallTransport;
  readonly #clock: Clock;
  #utterances: Utterance[] = [];
  #output: Output | undefined;
  #cancelTick: (() => void) | undefined;
  #cancelGrace: (() => void) | undefined;
  /** When the next frame is due; runs `leadMs` ahead of what the far end plays. */
  #nextAt = 0;
  #ending: Extract<Frame, { kind: 'end' }> | undefined;

  constructor(transport: CallTransport, clock: Clock) {
    this.#transport = transport;
    this.#clock = clock;
  }

  handle(frame: Frame, direction: Direction, output: Output): void {
    this.#output = output;
    switch (frame.kind) {
      case 'speech':
        return this.#add(frame);
      case 'mark':
        return this.#mark(frame.name);
      case 'interruption':
        return this.#interrupt();
      case 'end':
        this.#ending = frame;
        return this.#maybeIdle();
      default:
        pass(frame, direction, output);
    }
  }

  close(): void {
    this.#cancelTick?.();
    this.#cancelGrace?.();
  }

  /** What the caller has heard of everything that is not settled yet; for a call that ends in the middle of a sentence. */
  settle(): void {
    for (const utterance of this.#utterances.splice(0)) this.#report(utterance, this.#heardWords(utterance), false);
  }

  #add({ utterance: id, audio, words, last, spokenAt }: Extract<Frame, { kind: 'speech' }>): void {
    let utterance = this.#utterances.find((known) => known.id === id);
    if (!utterance) {
      const fresh = { audio: new Uint8Array(), words: [], marked: 0, heard: 0, sentMs: 0, provenMs: 0 };
      utterance = { ...fresh, id, spokenAt, startedAt: undefined, provenAt: undefined, complete: false, sent: false };
      this.#utterances.push(utterance);
    }
    utterance.words.push(...words);
    utterance.audio = joined(utterance.audio, audio);
    utterance.complete ||= last;
    if (!this.#cancelTick) this.#tick();
  }

  /** Sends what is due, then sleeps until the next frame is. */
  #tick(): void {
    this.#cancelTick = undefined;
    const now = this.#clock.now();
    this.#nextAt = Math.max(this.#nextAt, now - leadMs);
    while (this.#nextAt <= now) {
      if (!this.#sendFrame(now)) return this.#maybeIdle();
      this.#nextAt += phoneFrameMs;
    }
    this.#cancelTick = this.#clock.after(Math.max(1, this.#nextAt - now), () => this.#tick());
  }

  #sendFrame(now: number): boolean {
    const utterance = this.#utterances.find((candidate) => !candidate.sent);
    if (!utterance) return false;
    if (utterance.audio.length < phoneFrameBytes && !utterance.complete) return false;
    if (utterance.audio.length > 0) {
      const piece = utterance.audio.subarray(0, phoneFrameBytes);
      utterance.audio = utterance.audio.subarray(phoneFrameBytes);
      const padded = new Uint8Array(phoneFrameBytes).fill(mulawSilence);
      padded.set(piece);
      this.#transport.sendAudio(padded);
      if (utterance.startedAt === undefined) this.#started(utterance, now);
      utterance.sentMs += phoneFrameMs;
    }
    utterance.sent = utterance.complete && utterance.audio.length === 0;
    this.#sendMarks(utterance);
    return true;
  }

  #started(utterance: Utterance, now: number): void {
    utterance.startedAt = now;
    const { id, spokenAt } = utterance;
    const timed = spokenAt !== undefined && { latencyMs: Math.max(0, now - spokenAt) };
    this.#output?.up({ kind: 'playback-started', utterance: id, ...timed });
  }

  #sendMarks(utterance: Utterance): void {
    const { words, sentMs, sent, id } = utterance;
    const spoken = sent ? words.length : words.filter(({ endMs }) => endMs <= sentMs).length;
    while (utterance.marked < spoken) this.#transport.sendMark(`${id}.${utterance.marked++}`);
    if (sent) this.#transport.sendMark(`${id}.end`);
  }

  #mark(name: string): void {
    const [id, place] = name.split('.');
    const utterance = this.#utterances.find((candidate) => candidate.id === Number(id));
    if (!utterance) return;
    const index = place === 'end' ? utterance.words.length - 1 : Number(place);
    utterance.heard = Math.max(utterance.heard, index + 1);
    utterance.provenMs = utterance.words[index]?.endMs ?? utterance.provenMs;
    utterance.provenAt = this.#clock.now();
    if (place !== 'end') return;
    this.#utterances = this.#utterances.filter((candidate) => candidate !== utterance);
    this.#report(utterance, utterance.words.length, true);
    this.#maybeIdle();
  }

  #interrupt(): void {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    this.#nextAt = 0;
    if (this.#utterances.length > 0) this.#transport.clear();
    this.settle();
    this.#maybeIdle();
  }

  /** Words proven by marks, and the one that was playing by the time since the last proof. */
  #heardWords({ words, heard, startedAt, provenAt, provenMs, sentMs }: Utterance): number {
    if (startedAt === undefined) return 0;
    const playedMs = Math.min(sentMs, provenMs + this.#clock.now() - (provenAt ?? startedAt));
    const begun = words.findLastIndex(({ startMs }) => startMs < playedMs) + 1;
    return Math.max(heard, Math.min(begun, heard + 1));
  }

  #report({ id, words }: Utterance, heard: number, complete: boolean): void {
    const text = words
      .slice(0, heard)
      .map((word) => word.text)
      .join(' ');
    this.#output?.up({ kind: 'heard', utterance: id, text, complete });
  }

  #maybeIdle(): void {
    this.#cancelGrace?.();
    if (this.#utterances.some(({ sent }) => !sent)) return;
    if (this.#utterances.length > 0) {
      const waitMs = leadMs + markGraceMs;
      this.#cancelGrace = this.#clock.after(waitMs, () => {
        for (const utterance of this.#utterances.splice(0)) this.#report(utterance, utterance.words.length, true);
        this.#maybeIdle();
      });
      return;
    }
    this.#output?.up({ kind: 'playback-idle' });
    const ending = this.#ending;
    this.#ending = undefined;
    if (ending) this.#output?.down(ending);
  }
}

const joined = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
};
