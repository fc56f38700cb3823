import { LastgoodError } from '#core/errors.ts';
import type { LlmProvider, SttProvider, TtsProvider } from './provider.ts';
import { scriptedLlm } from './scripted/llm.ts';
import { scriptedStt } from './scripted/stt.ts';
import { scriptedTts } from './scripted/tts.ts';

const sttProviders: Readonly<Record<string, SttProvider>> = { scripted: scriptedStt };
const llmProviders: Readonly<Record<string, LlmProvider>> = { scripted: scriptedLlm };
const ttsProviders: Readonly<Record<string, TtsProvider>> = { scripted: scriptedTts };

const find = <T>(providers: Readonly<Record<string, T>>, name: string, what: string): T => {
  const provider = Object.hasOwn(providers, name) ? providers[name] : undefined;
  if (provider) return provider;
  throw new LastgoodError(
    'unknown-name',
    `there is no ${what} provider ${name}; this runtime has ${Object.keys(providers).join(', ')}. ` +
      'Choose one of them in the release, or deploy a runtime that has it.',
  );
};

/** @throws LastgoodError `unknown-name` (invariant 12: never another one instead) */
export const sttProvider = (name: string): SttProvider => find(sttProviders, name, 'speech recognition');
/** @throws LastgoodError `unknown-name` */
export const llmProvider = (name: string): LlmProvider => find(llmProviders, name, 'language model');
/** @throws LastgoodError `unknown-name` */
export const ttsProvider = (name: string): TtsProvider => find(ttsProviders, name, 'speech synthesis');
