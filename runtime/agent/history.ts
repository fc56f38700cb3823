import type { Message } from '../providers/provider.ts';

/** Messages that a model sees at most; the oldest go first. */
const maxMessages = 200;
const maxTranscriptLines = 5_000;

interface Entry {
  message: Message;
  /** The agent's own words that are on their way to the caller. */
  readonly utterance?: number;
}

/** The conversation so far, as the caller knows it: of the agent's words only those that were heard (V5). */
export class History {
  #entries: Entry[] = [];
  readonly #transcript: string[] = [];
  readonly #unsettled = new Set<number>();

  get messages(): readonly Message[] {
    return this.#entries.map(({ message }) => message);
  }

  /** One line per turn, for the transcript that is kept. */
  get transcript(): string {
    return this.#transcript.join('\n');
  }

  add(message: Message): void {
    this.#append({ message });
    if (message.role === 'user') this.#note(`caller: ${message.content}`);
  }

  /** Words that will be spoken. Until playback says otherwise, they count as said. */
  speak(utterance: number, text: string): void {
    this.#unsettled.add(utterance);
    this.#append({ message: { role: 'assistant', content: text }, utterance });
  }

  /** What the caller heard of an utterance takes the place of what was to be said. */
  heard(utterance: number, text: string): void {
    if (!this.#unsettled.delete(utterance)) return;
    if (text !== '') this.#note(`agent: ${text}`);
    this.#entries = this.#entries.flatMap((entry) => {
      if (entry.utterance !== utterance) return [entry];
      return text === '' ? [] : [{ message: { role: 'assistant', content: text } }];
    });
  }

  /** Words that never reached playback were not heard. */
  interrupted(): void {
    for (const utterance of this.#unsettled) this.heard(utterance, '');
  }

  reset(summary?: string): void {
    this.#entries = [];
    if (summary !== undefined) this.add({ role: 'system', content: summary });
  }

  #append(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#entries.length > maxMessages) this.#entries.shift();
  }

  #note(line: string): void {
    if (this.#transcript.length < maxTranscriptLines) this.#transcript.push(line);
  }
}
