import { Worker } from 'node:worker_threads';
import { LastgoodError } from '#core/errors.ts';
import { payloadsOf } from '#core/telephony/media-stream.ts';
import type { SpeechReply, SpeechRequest } from './speech-worker.ts';

/** What a caller says, ready to be sent: 20 ms frames of µ-law, base64. */
export interface Phrase {
  readonly text: string;
  readonly frames: readonly string[];
}

/** Turns text into phrases; every text is synthesized once. */
export interface Speech {
  /** @throws LastgoodError `dependency-missing` without the synthesizer, `invalid-input` for a text without sound */
  phrase(text: string): Promise<Phrase>;
  close(): Promise<void>;
}

interface Waiting {
  resolve(mulaw: Uint8Array): void;
  reject(error: Error): void;
}

/** Speech by eSpeak NG in a thread of its own, which starts with the first phrase and keeps no process alive. */
export const createSpeech = (): Speech => {
  const cache = new Map<string, Promise<Phrase>>();
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;

  const rejectAll = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    worker = undefined;
  };
  const settle = (reply: SpeechReply): void => {
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (waiting.size === 0) worker?.unref();
    if ('error' in reply) asked?.reject(failure(reply.error));
    else asked?.resolve(reply.mulaw);
  };
  const startWorker = (): Worker => {
    const started = new Worker(new URL('./speech-worker.ts', import.meta.url));
    started.on('message', settle);
    started.on('error', (error) => rejectAll(failure(String(error))));
    started.on('exit', () => rejectAll(new LastgoodError('interrupted', 'the speech synthesizer was closed')));
    return started;
  };
  const synthesize = (text: string): Promise<Uint8Array> =>
    new Promise((resolve, reject) => {
      worker ??= startWorker();
      const id = cache.size;
      waiting.set(id, { resolve, reject });
      worker.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage({ id, text } satisfies SpeechRequest);
    });

  return {
    phrase: (text) => {
      const known = cache.get(text);
      if (known) return known;
      const made = synthesize(text).then((mulaw) => ({ text, frames: payloadsOf(mulaw) }));
      cache.set(text, made);
      return made;
    },
    close: async () => {
      await worker?.terminate();
    },
  };
};

const failure = (text: string): LastgoodError =>
  /ERR_MODULE_NOT_FOUND|Cannot find (package|module)/.test(text)
    ? new LastgoodError(
        'dependency-missing',
        `the speech of synthetic callers is made by @echogarden/espeak-ng-emscripten, which is not installed (${text}). ` +
          'It is a development dependency: install with `npm ci`, without `--omit=dev`.',
      )
    : new LastgoodError('invalid-input', `could not synthesize a caller's speech: ${text}`);
