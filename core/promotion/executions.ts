import { LastgoodError } from '../errors.ts';
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

/** The name of an execution is taken by one that has ended, or that runs with another input. */
export const nameTaken = (
  { attempt, version, service, set, promotionId }: PromotionInput,
  cause?: unknown,
): LastgoodError =>
  new LastgoodError(
    'transition-refused',
    `attempt ${attempt} to promote ${version} to ${service}/${set} exists already, ended or ` +
      `with another plan (promotion ${promotionId}); read its story with \`lastgood why\`, or start attempt ${attempt + 1}`,
    { cause },
  );
