import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { LastgoodError } from '#core/errors.ts';
import { type Execution, type Executions, type ExecutionStatus, nameTaken } from '#core/promotion/executions.ts';
import { executionNameOf, type PromotionInput } from '#core/promotion/promotion-input.ts';
import { canonicalJson } from '#core/release/canonical.ts';
import type { Connection } from './connection.ts';
import { isAwsFailure } from './failure.ts';

/** @param stateMachineArn `arn:aws:states:<region>:<account>:stateMachine:lastgood-promotion` */
export const executions = (connection: Connection, stateMachineArn: string): Executions => {
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
    throw nameTaken(input, error);
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
