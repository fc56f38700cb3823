import type { Model } from '#core/model/model.ts';
import { registryOf } from '../registry.ts';
import type { CallContext, Llm, Stt, SttContext, Tts, TtsContext } from './provider.ts';
import { scriptedLlm } from './scripted/llm.ts';
import { scriptedStt } from './scripted/stt.ts';
import { scriptedTts } from './scripted/tts.ts';

/** A provider of the runtime is a line here, a folder, and its pass of the contract in `contract.ts`. */
export const sttProviders = registryOf<SttContext, Stt>('speech recognition provider')({ scripted: scriptedStt });
export const llmProviders = registryOf<CallContext, Llm>('language model provider')({ scripted: scriptedLlm });
export const ttsProviders = registryOf<TtsContext, Tts>('speech synthesis provider')({ scripted: scriptedTts });

type ChoiceOf<R extends { readonly choose: (...given: never[]) => Promise<unknown> }> = Awaited<
  ReturnType<R['choose']>
>;

/** The providers of one session, with their settings. */
export interface ChosenProviders {
  readonly llm: ChoiceOf<typeof llmProviders>;
  readonly stt: ChoiceOf<typeof sttProviders>;
  readonly tts: ChoiceOf<typeof ttsProviders>;
}

/**
 * Checks that this runtime has every provider of a release and that their parameters are right, before any call.
 * @throws LastgoodError `unknown-name` (invariant 12), `invalid-input`
 */
export const chooseProviders = async ({ provider, params, stt, tts }: Model): Promise<ChosenProviders> => ({
  llm: await llmProviders.choose(provider, params),
  stt: await sttProviders.choose(stt.provider, stt.params),
  tts: await ttsProviders.choose(tts.provider, tts.params),
});
