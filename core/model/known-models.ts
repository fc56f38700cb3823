/** What a model does in a call. */
export type ModelKind = 'llm' | 'stt' | 'tts';

export interface KnownModel {
  readonly kind: ModelKind;
  readonly provider: string;
  readonly id: string;
  /** Fast enough to answer inside a spoken turn: first output well below a second, streamed. */
  readonly voice: boolean;
}

const models = (kind: ModelKind, provider: string, voice: boolean, ids: readonly string[]): readonly KnownModel[] =>
  ids.map((id) => ({ kind, provider, id, voice }));

/**
 * Models whose place is known. Voice takes only those with `voice: true` (C2); text and async take any model.
 * A new model gets a line here once its latency has been measured.
 */
export const knownModels: readonly KnownModel[] = [
  ...(['llm', 'stt', 'tts'] as const).flatMap((kind) => models(kind, 'scripted', true, ['scripted'])),
  ...models('llm', 'anthropic', true, ['claude-haiku-4-5']),
  ...models('llm', 'anthropic', false, ['claude-sonnet-4-5', 'claude-opus-4-1']),
  ...models('llm', 'bedrock', true, ['amazon.nova-micro', 'amazon.nova-lite', 'anthropic.claude-haiku-4-5']),
  ...models('llm', 'bedrock', false, [
    'amazon.nova-premier',
    'anthropic.claude-sonnet-4-5',
    'anthropic.claude-opus-4-1',
  ]),
  ...models('llm', 'openai', true, ['gpt-4.1-mini', 'gpt-4.1-nano', 'gpt-4o-mini']),
  ...models('llm', 'openai', false, ['gpt-4.1', 'o3', 'o4-mini']),
  ...models('llm', 'google', true, ['gemini-2.5-flash', 'gemini-2.5-flash-lite']),
  ...models('llm', 'google', false, ['gemini-2.5-pro']),
  ...models('stt', 'transcribe', true, ['streaming']),
  ...models('stt', 'deepgram', true, ['nova-3', 'flux']),
  ...models('stt', 'openai', false, ['whisper-1']),
  ...models('tts', 'polly', true, ['neural', 'generative']),
  ...models('tts', 'polly', false, ['long-form']),
  ...models('tts', 'cartesia', true, ['sonic-2']),
  ...models('tts', 'elevenlabs', true, ['eleven_flash_v2_5']),
  ...models('tts', 'elevenlabs', false, ['eleven_multilingual_v2']),
];

/** The table's line for a model, or nothing when nobody has measured it. */
export const findModel = (kind: ModelKind, provider: string, id: string): KnownModel | undefined =>
  knownModels.find((known) => known.kind === kind && known.provider === provider && known.id === id);

/** `provider/id` of the voice models of one kind, for messages. */
export const voiceModels = (kind: ModelKind): readonly string[] =>
  knownModels.filter((known) => known.kind === kind && known.voice).map(({ provider, id }) => `${provider}/${id}`);
