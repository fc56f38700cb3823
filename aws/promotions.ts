import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { LastgoodError } from '#core/errors.ts';
import { canonicalJson } from '#core/release/canonical.ts';
import { type PromotionInput, executionNameOf } from '#core/promotion/promotion-input.ts';
import type { Connection } from './connection.ts';
import { isAwsFailure } from './failure.ts';

export type ExecutionStatus = 'running' | 'succeeded' | 'failed' | 'timed-out' | 'stopped';

export interface Execution {
  readonly status: ExecutionStatus;
  readonly startedAt: Date;
  readonly endedAt?: Date;
  /** Name and cause of a failure, for people. */
  readonly problem?: string;
}

export interface Promotions {
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

/** @param stateMachineArn `arn:aws:states:<region>:<account>:stateMachine:lastgood-promotion` */
export const promotions = (connection: Connection, stateMachineArn: string): Promotions => {
  const arnOf = (execution: Pick<PromotionInput, 'promotionId' | 'continuation'>) =>
    `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${executionNameOf(execution)}`;
  return {
    start: (input) => start(connection, stateMachineArn, input),
    describe: (execution) => describe(connection, arnOf(execution)),
    statesEntered: (execution) => statesEntered(connection, arnOf(execution)),
    stop: async (execution, reason) => {
      await connection
        .client(SFNClient)
        .send(new StopExecutionCommand({ executionArn: arnOf(execution), cause: reason.slice(0, 1_000) }));
    },
  };
};

const start = async (
  connection: Connection,
  stateMachineArn: string,
  input: PromotionInput,
): Promise<{ readonly executionArn: string }> => {
  try {
    const { executionArn } = await connection.client(SFNClient).send(
      new StartExecutionCommand({
        stateMachineArn,
        name: executionNameOf(input),
        // Name and input together make a repeat the same execution, so equal inputs must be equal texts.
        input: canonicalJson(input),
      }),
    );
    if (executionArn) return { executionArn };
  } catch (error) {
    if (!isAwsFailure(error, 'ExecutionAlreadyExists')) throw error;
    throw new LastgoodError(
      'transition-refused',
      `attempt ${input.attempt} to promote ${input.version} to ${input.service}/${input.set} exists already, ended or ` +
        `with another plan (promotion ${input.promotionId}); read its story with \`lastgood why\`, or start attempt ${input.attempt + 1}`,
      { cause: error },
    );
  }
  throw new LastgoodError('aws-failed', 'Step Functions started an execution without naming it', { retryable: true });
};

const statuses = {
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timed-out',
  ABORTED: 'stopped',
  PENDING_REDRIVE: 'failed',
} as const satisfies Record<NonNullable<DescribeExecutionOutput['status']>, ExecutionStatus>;

const describe = async (connection: Connection, executionArn: string): Promise<Execution | undefined> => {
  try {
    const answer = await connection.client(SFNClient).send(new DescribeExecutionCommand({ executionArn }));
    const problem = [answer.error, answer.cause].filter(Boolean).join(': ');
    return {
      status: statuses[answer.status ?? 'RUNNING'],
      startedAt: answer.startDate ?? new Date(0),
      ...(answer.stopDate && { endedAt: answer.stopDate }),
      ...(problem !== '' && { problem }),
    };
  } catch (error) {
    if (isAwsFailure(error, 'ExecutionDoesNotExist')) return undefined;
    throw error;
  }
};

const statesEntered = async (connection: Connection, executionArn: string): Promise<readonly string[]> => {
  const { events = [] } = await connection
    .client(SFNClient)
    .send(new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1_000 }));
  return events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
};
