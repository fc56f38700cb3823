import { z } from 'zod';

/** What an overlay can set (O2), and so what a release can lock (O1). */
export const overlayFields = [
  'systemPromptAdditions',
  'functionAllowlist',
  'credentials',
  'businessRules',
  'branding',
  'compliance',
  'voice',
  'speed',
  'model',
  'turnDetection',
  'language',
  'vocabulary',
  'guardrails',
] as const;
export const OverlayField = z.enum(overlayFields);
export type OverlayField = z.infer<typeof OverlayField>;

/** One setting that customers may give a value to. */
export const BusinessRule = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('number'),
      default: z.number(),
      minimum: z.number().optional(),
      maximum: z.number().optional(),
    }),
    z.strictObject({ type: z.literal('boolean'), default: z.boolean() }),
    z.strictObject({
      type: z.literal('text'),
      default: z.string().max(2_000),
      oneOf: z.array(z.string().max(200)).min(1).max(100).optional(),
    }),
  ])
  .readonly();
export type BusinessRule = z.infer<typeof BusinessRule>;

const Phrase = z.string().min(1).max(200);

/** What the agent must not say; an overlay can add to it, never take away. */
export const Guardrails = z
  .strictObject({
    /** Replies that contain one of these are not spoken. */
    forbiddenPhrases: z.array(Phrase).max(200).default([]),
    /** Words of the caller after which a person takes over. */
    escalationPhrases: z.array(Phrase).max(200).default([]),
    /** A longer reply is cut at the sentence before. @default 1000 */
    maxReplyCharacters: z.int().min(40).max(20_000).default(1_000),
  })
  .readonly();
export type Guardrails = z.infer<typeof Guardrails>;

/** Money and time of one task; the breakers and the slow-turn rate of a canary read these. */
export const Budgets = z
  .strictObject({
    /** Most that one task may cost, in US dollars. */
    costUsdPerTask: z.number().positive().max(1_000),
    /** A turn above this is slow: end of the caller's speech to first audio, in milliseconds. @default 1500 */
    turnLatencyMs: z.int().min(50).max(600_000).default(1_500),
  })
  .readonly();
export type Budgets = z.infer<typeof Budgets>;

/** Where a conversation ends, whatever the model says. */
export const Limits = z
  .strictObject({
    /** Turns of the caller before the agent says goodbye. @default 100 */
    maxTurns: z.int().min(1).max(10_000).default(100),
    /** Length of a session before the goodbye, in seconds (V7). @default 14400 */
    maxSessionSeconds: z.int().min(10).max(14_400).default(14_400),
    /** Function calls in one turn. @default 8 */
    maxFunctionCallsPerTurn: z.int().min(1).max(100).default(8),
    /** What the agent says when a limit ends the conversation. */
    goodbye: z.string().min(1).max(500).default('I have to end our conversation here. Goodbye.'),
  })
  .readonly();
export type Limits = z.infer<typeof Limits>;

/** What customers' overlays may change in this release (O1, O3). */
export const OverlayRules = z
  .strictObject({
    /** Overlays are written for one version of this schema. @default 1 */
    schemaVersion: z.int().min(1).max(10_000).default(1),
    /** Fields that stay as the release says. @default [] - none */
    locked: z.array(OverlayField).max(overlayFields.length).default([]),
    /** The settings that `businessRules` of an overlay may hold. @default {} - none */
    businessRules: z
      .record(z.string().regex(/^[a-z][A-Za-z0-9]{0,63}$/, 'a business rule has a camelCase name'), BusinessRule)
      .default({}),
  })
  .readonly();
export type OverlayRules = z.infer<typeof OverlayRules>;

/** Controls travel inside the artifact, so what was tested is what limits production (R5). */
export const Controls = z
  .strictObject({
    budgets: Budgets,
    limits: Limits.prefault({}),
    guardrails: Guardrails.prefault({}),
    overlay: OverlayRules.prefault({}),
  })
  .readonly();
export type Controls = z.infer<typeof Controls>;
