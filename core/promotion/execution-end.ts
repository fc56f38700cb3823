import { z } from 'zod';
import { PromotionId } from '../words/ids.ts';
import { failureText } from './steps.ts';

/** How an execution ends that did not come to a last step. */
export const BadEnd = z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']);
export type BadEnd = z.infer<typeof BadEnd>;

/**
 * What EventBridge tells of an execution: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
export const ExecutionEndEvent = z.object({
  source: z.literal('aws.states'),
  detail: z.object({
    name: z.string(),
    status: BadEnd,
    /** Left out of the event when it is large. */
    input: z.string().nullish(),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});
export type ExecutionEndEvent = z.infer<typeof ExecutionEndEvent>;

/** The promotion that an execution carries: its name begins with the id (`executionNameOf`). */
export const promotionOfExecution = (name: string): PromotionId | undefined =>
  PromotionId.safeParse(name.replace(/-\d+$/, '')).data;

const words = {
  FAILED: 'its execution failed',
  TIMED_OUT: 'its execution ran out of time',
  ABORTED: 'its execution was stopped',
} as const satisfies Record<BadEnd, string>;

/** Why the promotion ended, for its history. */
export const executionEndText = ({ status, error, cause }: ExecutionEndEvent['detail']): string => {
  const problem = failureText({ Error: error ?? '', Cause: cause ?? '' }).replace(/^: /, '');
  return problem === '' ? words[status] : `${words[status]}: ${problem}`;
};
