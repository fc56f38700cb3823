import { type Ears, createEars } from './ears.ts';
import type { Scenario } from './scenario.ts';
import type { Phrase } from './speech.ts';

/** An agent that talks on for this long after the caller spoke over it has taken notice of what was said. */
const takenNoticeMs = 500;
/** Longer than the pause between two of the agent's words. */
const wordGapMs = 100;
/** Silence after which the agent counts as having stopped for an interruption: longer than its pause between sentences. */
const stoppedMs = 400;

export type HangUpReason = 'scenario' | 'nothing-more-to-say' | 'silence';

/** What the caller does in 20 ms: says a frame (base64 µ-law), is silent, or hangs up. */
export type Move =
  | { readonly kind: 'say'; readonly frame: string }
  | { readonly kind: 'listen' }
  | { readonly kind: 'hang-up'; readonly why: HangUpReason };

type Doing =
  | { readonly kind: 'listening' }
  | { readonly kind: 'thinking'; readonly speakAtMs: number }
  | { readonly kind: 'speaking'; readonly frames: readonly string[]; readonly position: number };

/**
 * The caller's head: from what is heard to what is said next. It knows loudness and time only, no socket, clock or
 * protocol; every 20 ms it is told what was heard and answers with a move.
 */
export class Conversation {
  readonly #scenario: Scenario;
  readonly #phrases: readonly Phrase[];
  readonly #ears: Ears = createEars();
  #doing: Doing = { kind: 'listening' };
  #said = 0;
  #heard = 0;
  /** Since when nobody has spoken. */
  #quietSinceMs: number;
  #lastSaidAtMs = Number.NEGATIVE_INFINITY;
  #awaitsReply = false;
  #interruptedAtMs: number | undefined;
  readonly #turnLatencyMs: number[] = [];
  readonly #interruptionMs: number[] = [];

  /** @param phrases speech of every utterance of the scenario, in order */
  constructor(scenario: Scenario, phrases: readonly Phrase[], nowMs: number) {
    this.#scenario = scenario;
    this.#phrases = phrases;
    this.#quietSinceMs = nowMs;
  }

  get utterancesSaid(): number {
    return this.#said;
  }

  get agentUtterancesHeard(): number {
    return this.#heard;
  }

  /** End of the caller's utterance to the agent's first sound in the caller's ear, per answered turn. */
  get turnLatencyMs(): readonly number[] {
    return this.#turnLatencyMs;
  }

  /** Start of an interruption to the agent's last sound in the caller's ear. */
  get interruptionMs(): readonly number[] {
    return this.#interruptionMs;
  }

  /** @param audio µ-law of the last 20 ms in the caller's ear; undefined is silence */
  frame(audio: Uint8Array | undefined, nowMs: number): Move {
    this.#listen(audio, nowMs);
    const why = this.#wishToHangUp(nowMs);
    if (why !== undefined) return { kind: 'hang-up', why };
    this.#maybeSpeak(nowMs);
    return this.#say(nowMs);
  }

  #listen(audio: Uint8Array | undefined, nowMs: number): void {
    const heard = this.#ears.hear(audio, nowMs);
    if (this.#ears.speaking) this.#quietSinceMs = nowMs;
    if (heard === 'started') this.#agentStarted();
    if (heard === 'ended') this.#agentEnded(nowMs);
    if (this.#interruptedAtMs === undefined || nowMs - this.#ears.lastLoudAtMs < stoppedMs) return;
    this.#interruptionMs.push(Math.max(0, this.#ears.lastLoudAtMs - this.#interruptedAtMs));
    this.#interruptedAtMs = undefined;
  }

  #agentStarted(): void {
    this.#heard += 1;
    if (this.#doing.kind === 'thinking') this.#doing = { kind: 'listening' };
    if (!this.#awaitsReply || this.#doing.kind === 'speaking') return;
    this.#awaitsReply = false;
    this.#turnLatencyMs.push(this.#ears.startedAtMs - this.#lastSaidAtMs);
  }

  #agentEnded(nowMs: number): void {
    if (this.#doing.kind !== 'listening') return;
    // The tail of what the caller spoke over is not yet the answer.
    if (this.#awaitsReply && this.#ears.lastLoudAtMs < this.#lastSaidAtMs + takenNoticeMs) return;
    this.#awaitsReply = false;
    const next = this.#scenario.utterances[this.#said];
    if (next !== undefined) this.#doing = { kind: 'thinking', speakAtMs: nowMs + next.pauseMs };
  }

  #wishToHangUp(nowMs: number): HangUpReason | undefined {
    const { hangUpAfter, patienceMs, utterances } = this.#scenario;
    if (hangUpAfter === this.#said && (this.#said > 0 || this.#heard > 0)) return 'scenario';
    if (this.#doing.kind !== 'listening' || nowMs - this.#quietSinceMs < patienceMs) return undefined;
    const hasSaidAll = this.#said === utterances.length;
    return hasSaidAll && this.#heard > 0 && !this.#awaitsReply ? 'nothing-more-to-say' : 'silence';
  }

  #maybeSpeak(nowMs: number): void {
    const next = this.#scenario.utterances[this.#said];
    const phrase = this.#phrases[this.#said];
    if (next === undefined || phrase === undefined) return;
    const speaking = { kind: 'speaking', frames: phrase.frames, position: 0 } as const;
    if (this.#doing.kind === 'thinking' && nowMs >= this.#doing.speakAtMs) this.#doing = speaking;
    if (this.#doing.kind !== 'listening' || next.interrupt === undefined) return;
    if (!this.#ears.speaking || this.#awaitsReply) return;
    if (nowMs - this.#ears.startedAtMs < next.interrupt.afterMs) return;
    this.#doing = speaking;
    this.#interruptedAtMs = nowMs;
  }

  #say(nowMs: number): Move {
    if (this.#doing.kind !== 'speaking') return { kind: 'listen' };
    const { frames, position } = this.#doing;
    const frame = frames[position];
    this.#quietSinceMs = nowMs;
    if (position + 1 < frames.length) this.#doing = { kind: 'speaking', frames, position: position + 1 };
    else this.#finishUtterance(nowMs);
    return frame === undefined ? { kind: 'listen' } : { kind: 'say', frame };
  }

  #finishUtterance(nowMs: number): void {
    this.#doing = { kind: 'listening' };
    this.#said += 1;
    this.#lastSaidAtMs = nowMs;
    this.#awaitsReply = true;
    // The agent fell silent for the caller: what it had been saying is over, and no answer.
    if (nowMs - this.#ears.lastLoudAtMs > wordGapMs) this.#ears.forget();
  }
}
