import type { PromotionInput } from './promotion-input.ts';

export type ExecutionStatus = 'running' | 'succeeded' | 'failed' | 'timed-out' | 'stopped';

export interface Execution {
  readonly status: ExecutionStatus;
  readonly startedAt: Date;
  readonly endedAt?: Date;
  /** Name and cause of a failure, for people. */
  readonly problem?: string;
}

export interface Executions {
  /**
   * Starts a promotion's execution. The same start while it runs is the same execution (S3).
   * @throws LastgoodError `transition-refused` when it is over: AWS keeps the name for 90 days
   */
  readonly start: (input: PromotionInput) => Promise<{ readonly executionArn: string }>;
  /** @returns undefined when there is no such execution (any more) */
  readonly describe: (
    execution: Pick<PromotionInput, 'promotionId' | 'continuation'>,
  ) => Promise<Execution | undefined>;
  /** Names of the states entered so far, newest first; at most 1,000 events back. */
  readonly statesEntered: (
    execution: Pick<PromotionInput, 'promotionId' | 'continuation'>,
  ) => Promise<readonly string[]>;
  /** Ends the execution without its clean-up; the head's exposure lease ends by itself. */
  readonly stop: (execution: Pick<PromotionInput, 'promotionId' | 'continuation'>, reason: string) => Promise<void>;
}
