import { z } from 'zod';
import { Outcome } from '../words/outcome.ts';

/**
 * `evals/*.yaml`: conversations that the agent must get right. They are evidence about a release, not part of it, so a
 * change here changes no id. The build checks their shape and reports them; running them is another step (R6).
 */
export const EvalSuite = z
  .strictObject({
    suite: z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'a suite has a kebab-case name'),
    describe: z.string().max(500).optional(),
    cases: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(200),
          /** What the caller says, in order. */
          caller: z.array(z.string().min(1).max(500)).min(1).max(100),
          expect: z.strictObject({
            outcome: Outcome.optional(),
            /** Functions that must be called, in this order. */
            calls: z.array(z.string().max(64)).max(100).optional(),
            /** Texts that the agent must say, in any order. */
            says: z.array(z.string().min(1).max(500)).max(100).optional(),
          }),
        }),
      )
      .min(1, 'a suite has at least one case')
      .max(1_000),
  })
  .readonly();
export type EvalSuite = z.infer<typeof EvalSuite>;
