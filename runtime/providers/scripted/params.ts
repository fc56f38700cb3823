import { z } from 'zod';

const Pattern = z
  .string()
  .max(500)
  .refine(
    (source) => {
      try {
        return new RegExp(source, 'iu').source !== '';
      } catch {
        return false;
      }
    },
    { error: 'must be a regular expression' },
  );

/** One line of a scripted model's behaviour. The first rule of the node that fits the cause and `when` is used. */
export const ScriptedRule = z
  .strictObject({
    /**
     * `turn`: the caller has spoken; `enter`: the node was entered; `result`: a function of this node gave its result and the
     * flow stayed; `failure`: a tool of this node failed. @default turn
     */
    on: z.enum(['turn', 'enter', 'result', 'failure']).default('turn'),
    /**
     * Regular expression, case ignored, searched in the caller's last words; for `result` in the JSON of the result.
     * Named groups are values for `args` and `say`. @default - always fits
     */
    when: Pattern.optional(),
    /** Said before the function is called. `{name}` is a named group, `{result.field}` a field of the last result. */
    say: z.string().max(2_000).optional(),
    /** Function to call. */
    call: z.string().optional(),
    /** Its arguments. A text `{name}` becomes the value of the named group; a group without value leaves the argument out. */
    args: z.record(z.string(), z.json()).default({}),
  })
  .refine((rule) => rule.say !== undefined || rule.call !== undefined, 'a rule has say, call, or both');
export type ScriptedRule = z.infer<typeof ScriptedRule>;

/** The scripted recognition and the scripted voice have nothing to set. */
export const NoParams = z.strictObject({});
export type NoParams = z.infer<typeof NoParams>;

/** `model.params` of the provider `scripted`. */
export const ScriptedLlmParams = z.strictObject({
  /** Rules by node; those of `*` are tried after the node's own. */
  rules: z.record(z.string(), z.array(ScriptedRule).max(200)),
  /** Said when the caller spoke and no rule fits. @default Sorry, I did not understand. Could you say that again? */
  fallback: z.string().max(2_000).default('Sorry, I did not understand. Could you say that again?'),
  /** Said when a tool failed and no rule fits. @default I am sorry, something went wrong on my side. */
  apology: z.string().max(2_000).default('I am sorry, something went wrong on my side.'),
  /** Cost of one answer, in US dollars. @default 0 */
  costUsdPerAnswer: z.number().nonnegative().max(100).default(0),
  /** Time to the first word, in milliseconds. @default 0 */
  thinkMs: z.int().min(0).max(60_000).default(0),
});
export type ScriptedLlmParams = z.infer<typeof ScriptedLlmParams>;
