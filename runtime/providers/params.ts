import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';
import type { Model } from '#core/model/model.ts';
import { ScriptedLlmParams } from './scripted/params.ts';

type Params = Readonly<Record<string, unknown>>;

/** Parameters of a release's providers, parsed with each provider's schema, defaults filled in. */
export interface ProviderParams {
  readonly llm: Params;
  readonly stt: Params;
  readonly tts: Params;
}

const none = z.strictObject({});
const schemas: Readonly<Record<keyof ProviderParams, Readonly<Record<string, z.ZodType<Params>>>>> = {
  llm: { scripted: ScriptedLlmParams },
  stt: { scripted: none },
  tts: { scripted: none },
};

const parse = (kind: keyof ProviderParams, provider: string, params: unknown): Params => {
  const schema = Object.hasOwn(schemas[kind], provider) ? schemas[kind][provider] : undefined;
  if (schema) return parseOrThrow(schema, params, `${kind} parameters of provider ${provider}`);
  const known = Object.keys(schemas[kind]).join(', ');
  throw new LastgoodError('unknown-name', `there is no ${kind} provider ${provider}; this runtime has ${known}`);
};

/**
 * Checks that this runtime has every provider of a release and that their parameters are right, before any call.
 * @throws LastgoodError `unknown-name` (invariant 12), `invalid-input`
 */
export const parseProviderParams = ({ provider, params, stt, tts }: Model): ProviderParams => ({
  llm: parse('llm', provider, params),
  stt: parse('stt', stt.provider, stt.params),
  tts: parse('tts', tts.provider, tts.params),
});
