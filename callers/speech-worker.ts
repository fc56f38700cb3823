import { parentPort } from 'node:worker_threads';
import { encodeMulaw, phoneSampleRate } from '#core/audio/mulaw.ts';
import { LastgoodError } from '#core/errors.ts';
import { resample } from './resample.ts';
import { asSpoken } from './voice.ts';

/** Thread of `createSpeech`: synthesis takes 30 to 150 ms a phrase, which would stop the clock of every call. */

export interface SpeechRequest {
  readonly id: number;
  readonly text: string;
}

export type SpeechReply =
  { readonly id: number; readonly mulaw: Uint8Array<ArrayBuffer> } | { readonly id: number; readonly error: string };

/** A brisk caller: shortens calls without being hard to understand. */
const wordsPerMinute = 185;

const loadSynthesizer = async () => {
  const [{ default: loadESpeak }, { default: loadSpeex }] = await Promise.all([
    import('@echogarden/espeak-ng-emscripten'),
    import('@echogarden/speex-resampler-wasm'),
  ]);
  const [espeak, speex] = await Promise.all([loadESpeak(), loadSpeex()]);
  const voice = new espeak.eSpeakNGWorker();
  voice.set_voice('en-us');
  voice.set_rate(wordsPerMinute);
  return (text: string): Uint8Array<ArrayBuffer> => {
    const chunks: Int16Array[] = [];
    voice.synthesize(text, (samples) => {
      if (samples !== null && samples.byteLength > 0) chunks.push(new Int16Array(samples.slice(0)));
      return false;
    });
    const raw = Int16Array.from(chunks.flatMap((chunk) => [...chunk]));
    const spoken = asSpoken(resample(speex, raw, voice.get_samplerate(), phoneSampleRate), phoneSampleRate);
    if (spoken.length === 0) throw new LastgoodError('invalid-input', `the text ${JSON.stringify(text)} has no sound`);
    return encodeMulaw(spoken);
  };
};

const port = parentPort;
if (port === null) throw new LastgoodError('internal', 'speech-worker.ts runs as a worker thread only');
const synthesizer = loadSynthesizer();
port.on('message', ({ id, text }: SpeechRequest) => {
  synthesizer
    .then((synthesize) => {
      const mulaw = synthesize(text);
      return port.postMessage({ id, mulaw } satisfies SpeechReply, [mulaw.buffer]);
    })
    .catch((error: unknown) => port.postMessage({ id, error: String(error) } satisfies SpeechReply));
});
