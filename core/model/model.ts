import { z } from 'zod';

const name = (what: string) =>
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$/, `${what} has 1-128 letters, digits and . _ : / -`);

/** Settings that a provider understands; part of the release, so a change makes another release. Never credentials. */
export const ProviderParams = z.record(z.string().max(64), z.json());
export type ProviderParams = z.infer<typeof ProviderParams>;

/** One exact model: never a floating alias. */
export const ModelRef = z
  .strictObject({
    /** `scripted`, `anthropic`, `bedrock`, ...: a provider of the runtime. */
    provider: name('a provider'),
    id: name('a model id'),
    /** The provider's dated or numbered version of the model. */
    snapshot: name('a model snapshot'),
  })
  .readonly();
export type ModelRef = z.infer<typeof ModelRef>;

/** BCP 47 tag: `en-US`. */
export const Language = z
  .string()
  .regex(/^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$/, 'a language is a BCP 47 tag like en-US');

export const VocabularyWord = z.string().min(1).max(100);

/** When the caller's turn begins and ends. Defaults are the field's usual ones. */
export const TurnDetection = z
  .strictObject({
    /** Certainty that a chunk is speech, 0 to 1. @default 0.7 */
    confidence: z.number().min(0).max(1).default(0.7),
    /** Speech that starts a turn, in milliseconds. @default 200 */
    startMs: z.int().min(20).max(2_000).default(200),
    /** Silence that ends speech, in milliseconds. @default 200 */
    stopMs: z.int().min(20).max(5_000).default(200),
    /** Silence before the agent may answer, in milliseconds. @default 500 */
    minEndpointMs: z.int().min(0).max(5_000).default(500),
    /** Silence after which the agent answers in any case, in milliseconds. @default 3000 */
    maxEndpointMs: z.int().min(100).max(10_000).default(3_000),
    /** Speech of the caller that interrupts the agent, in milliseconds. @default 500 */
    interruptionMs: z.int().min(20).max(5_000).default(500),
  })
  .readonly();
export type TurnDetection = z.infer<typeof TurnDetection>;

/** How deep the model may think before it answers; the tier sets the most (C2). */
export const reasoningDepths = ['none', 'low', 'medium', 'high', 'maximum'] as const;
export const ReasoningDepth = z.enum(reasoningDepths);
export type ReasoningDepth = z.infer<typeof ReasoningDepth>;

/** The model part of a release: the language model, the speech models around it, and what overlays may choose instead. */
export const Model = z
  .strictObject({
    ...ModelRef.unwrap().shape,
    params: ProviderParams.default({}),
    /** @default none */
    reasoningDepth: ReasoningDepth.default('none'),
    /** What turns the caller's speech into text; must be named in every tier. */
    stt: z
      .strictObject({
        ...ModelRef.unwrap().shape,
        params: ProviderParams.default({}),
        language: Language.default('en-US'),
        /** Words that the recogniser should expect. */
        vocabulary: z.array(VocabularyWord).max(500).default([]),
      })
      .readonly(),
    /** What speaks the replies; must be named in every tier. */
    tts: z
      .strictObject({
        ...ModelRef.unwrap().shape,
        params: ProviderParams.default({}),
        voice: name('a voice').default('default'),
        /** 1 is the voice's natural pace. @default 1 */
        speed: z.number().min(0.5).max(2).default(1),
      })
      .readonly(),
    turnDetection: TurnDetection.prefault({}),
    /** Language models that an overlay may choose instead, each with its own settings (O2). @default [] - none */
    allowed: z
      .array(z.strictObject({ ...ModelRef.unwrap().shape, params: ProviderParams.default({}) }).readonly())
      .max(20)
      .default([]),
  })
  .readonly();
export type Model = z.infer<typeof Model>;
