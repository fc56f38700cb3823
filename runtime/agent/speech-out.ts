import type { EffectiveConfig } from '#core/overlay/effective-config.ts';
import type { Frame } from './frame.ts';
import type { History } from './history.ts';

/** Ends of sentences: speech can begin before the whole reply is there. */
const sentence = /[^.!?]*[.!?]+(?=\s|$)["')\]]*\s*/gu;

/** The replies of one call: cut into sentences, checked by the guardrails, written to the history, sent to be spoken. */
export class SpeechOut {
  readonly #guardrails: EffectiveConfig['guardrails'];
  readonly #history: History;
  readonly #emit: (frame: Frame) => void;
  /** A sentence was held back by a guardrail. */
  readonly #onHeldBack: (phrase: string) => void;
  #utterances = 0;
  #open = '';
  #spoken = 0;
  #spokenAt: number | undefined;

  constructor(
    guardrails: EffectiveConfig['guardrails'],
    history: History,
    emit: (frame: Frame) => void,
    onHeldBack: (phrase: string) => void,
  ) {
    this.#guardrails = guardrails;
    this.#history = history;
    this.#emit = emit;
    this.#onHeldBack = onHeldBack;
  }

  /** Begins a reply. @param spokenAt when the caller stopped speaking, if the reply answers that */
  begin(spokenAt?: number): void {
    this.#open = '';
    this.#spoken = 0;
    this.#spokenAt = spokenAt;
  }

  /** Takes a piece of text; whole sentences go out at once. */
  write(text: string): void {
    this.#open += text;
    let taken = 0;
    for (const match of this.#open.matchAll(sentence)) {
      // Only white space shows that a full stop was the end and not part of a number.
      const end = match.index + match[0].length;
      if (end === this.#open.length && !/\s$/u.test(match[0])) break;
      this.#say(match[0]);
      taken = end;
    }
    this.#open = this.#open.slice(taken);
  }

  /** Speaks what is left. */
  flush(): void {
    this.#say(this.#open);
    this.#open = '';
  }

  /** A whole text at once. */
  say(text: string): void {
    this.write(text);
    this.flush();
  }

  #say(text: string): void {
    const spoken = text.trim();
    if (spoken === '' || this.#spoken + spoken.length > this.#guardrails.maxReplyCharacters) return;
    const forbidden = this.#guardrails.forbiddenPhrases.find((phrase) =>
      spoken.toLowerCase().includes(phrase.toLowerCase()),
    );
    if (forbidden !== undefined) return this.#onHeldBack(forbidden);
    this.#spoken += spoken.length;
    const utterance = ++this.#utterances;
    this.#history.speak(utterance, spoken);
    const timed = this.#spokenAt !== undefined && { spokenAt: this.#spokenAt };
    this.#spokenAt = undefined;
    this.#emit({ kind: 'text', utterance, text: spoken, ...timed });
  }
}
