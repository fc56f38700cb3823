import { z } from 'zod';
import { Guardrails } from '../release/controls.ts';
import { Language, ModelRef, TurnDetection, VocabularyWord } from '../model/model.ts';

const secretPattern = /^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+|secret:[\w/+=.@-]+)$/;

/** A secret by its name or ARN in Secrets Manager: never the value (O2), which is not repeated in the error either. */
export const SecretRef = z.string().refine((text) => text.length <= 512 && secretPattern.test(text), {
  error: 'must refer to a secret, secret:<name> or its ARN, and never hold the value',
  params: { secret: true },
});

const FunctionName = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be a function name of the flow');

/** What one customer changes about an agent (O2). Every field but the schema version is optional: unset means as the release says. */
export const Overlay = z
  .strictObject({
    /** The version of the release's overlay schema that this was written for (O3). */
    schemaVersion: z.int().min(1).max(10_000),
    /** Appended to the agent's role in every node. */
    systemPromptAdditions: z.string().min(1).max(4_000).optional(),
    /** Only these functions are offered. */
    functionAllowlist: z.array(FunctionName).max(200).optional(),
    credentials: z.record(z.string().regex(/^[a-z][A-Za-z0-9]{0,63}$/), SecretRef).optional(),
    businessRules: z.record(z.string().max(64), z.union([z.string().max(2_000), z.number(), z.boolean()])).optional(),
    branding: z
      .strictObject({ name: z.string().min(1).max(200), greeting: z.string().min(1).max(500).optional() })
      .optional(),
    compliance: z
      .strictObject({
        /** Said before anything else. */
        disclosure: z.string().min(1).max(1_000).optional(),
        /** Transcripts are kept this long. */
        retentionDays: z.int().min(0).max(3_650).optional(),
      })
      .optional(),
    voice: z.string().min(1).max(128).optional(),
    speed: z.number().min(0.5).max(2).optional(),
    /** One of the models that the release allows. */
    model: ModelRef.optional(),
    turnDetection: z.strictObject(partial(TurnDetection.unwrap().shape)).optional(),
    language: Language.optional(),
    /** Added to the release's vocabulary. */
    vocabulary: z.array(VocabularyWord).max(500).optional(),
    /** Added to the release's guardrails; a limit can only become tighter. */
    guardrails: z.strictObject(partial(Guardrails.unwrap().shape)).optional(),
  })
  .readonly();
export type Overlay = z.infer<typeof Overlay>;

type Undefaulted<T extends z.ZodType> = T extends z.ZodDefault<infer Inner> ? Inner : T;

/** The same fields, none required and none filled in: what an overlay leaves out stays as the release says. */
function partial<Shape extends Readonly<Record<string, z.ZodDefault<z.ZodType>>>>(
  shape: Shape,
): { [Key in keyof Shape]: z.ZodOptional<Undefaulted<Shape[Key]>> } {
  return Object.fromEntries(Object.entries(shape).map(([key, field]) => [key, field.unwrap().optional()])) as {
    [Key in keyof Shape]: z.ZodOptional<Undefaulted<Shape[Key]>>;
  };
}
