import type { Clock } from '#core/clock.ts';
import { ExecutionAbortedError, ExecutionTimeoutError, StateMachine } from 'aws-local-stepfunctions';
import { z } from 'zod';
import { AwsError } from '../../http/aws-error.ts';
import type { Scope } from '../../http/scope.ts';
import type { InvokeFunction } from '../lambda/api.ts';
import type { ProcessAnswer } from '../lambda/function-process.ts';
import type { RunnableDefinition } from './definition.ts';
import { type HistoryEvent, historyEntry, maxHistoryEvents } from './history.ts';

export const ExecutionStatus = z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']);
export type ExecutionStatus = z.infer<typeof ExecutionStatus>;

/** An execution as it is stored. Times are milliseconds since the epoch. */
export const ExecutionRecord = z.object({
  executionArn: z.string(),
  stateMachineArn: z.string(),
  name: z.string(),
  input: z.string(),
  status: ExecutionStatus,
  startedAt: z.number(),
  stoppedAt: z.number().optional(),
  output: z.string().optional(),
  error: z.string().optional(),
  cause: z.string().optional(),
});
export type ExecutionRecord = z.infer<typeof ExecutionRecord>;

/** Payload limit of states and tasks. Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const maxPayloadBytes = 262_144;

/** The name is what Retry and Catch match; the message becomes their Cause. */
class TaskError extends Error {
  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}

const taskOutput = (answer: ProcessAnswer): unknown => {
  if (answer.kind === 'error') throw new TaskError(answer.error.errorType, JSON.stringify(answer.error));
  if (Buffer.byteLength(answer.payload) > maxPayloadBytes) {
    throw new TaskError(
      'States.DataLimitExceeded',
      `The task returned a result with a size exceeding the maximum number of bytes service limit (${maxPayloadBytes}).`,
    );
  }
  return JSON.parse(answer.payload);
};

const asTaskError = (error: unknown): TaskError =>
  error instanceof AwsError
    ? new TaskError(`Lambda.${error.code}`, error.message)
    : new TaskError('Lambda.Unknown', String(error));

export interface RunningExecution {
  readonly history: readonly HistoryEvent[];
  /** Resolves with what changed in the record; never rejects. */
  readonly ended: Promise<Pick<ExecutionRecord, 'status' | 'output' | 'error' | 'cause'>>;
  abort(): void;
}

export interface ExecutionOptions {
  readonly clock: Clock;
  readonly scope: Scope;
  readonly machine: RunnableDefinition;
  readonly record: ExecutionRecord;
  readonly invoke: InvokeFunction;
}

type TaskInput = Readonly<Record<string, unknown>>;

const runTask = async (
  { scope, invoke }: ExecutionOptions,
  task: { readonly kind: 'invoke' } | { readonly kind: 'direct'; readonly functionArn: string },
  input: unknown,
): Promise<unknown> => {
  const parameters = input as TaskInput;
  const functionRef = task.kind === 'direct' ? task.functionArn : String(parameters['FunctionName']);
  const event = JSON.stringify(task.kind === 'direct' ? input : (parameters['Payload'] ?? {}));
  const output = taskOutput(
    await invoke(scope, functionRef, event).catch((error: unknown) => {
      throw asTaskError(error);
    }),
  );
  return task.kind === 'direct' ? output : { ExecutedVersion: '$LATEST', StatusCode: 200, Payload: output };
};

const endOf = (error: unknown): Pick<ExecutionRecord, 'status' | 'error' | 'cause'> => {
  if (error instanceof ExecutionAbortedError) return { status: 'ABORTED' };
  if (error instanceof ExecutionTimeoutError) return { status: 'TIMED_OUT', error: 'States.Timeout' };
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return { status: 'FAILED', error: 'States.Runtime', cause: String(cause) };
  return { status: 'FAILED', error: cause.name, cause: cause.message };
};

const tooLongEnd = {
  status: 'FAILED',
  error: 'States.Runtime',
  cause: `The execution reached the maximum number of history events (${maxHistoryEvents}).`,
} as const;

/** Starts one execution of a machine with the library; its history grows while it runs. */
export const runExecution = (options: ExecutionOptions): RunningExecution => {
  const { clock, machine, record } = options;
  const history: HistoryEvent[] = [];
  let aborted = false;
  const handlers = Object.fromEntries(
    [...machine.tasks].map(([name, task]) => [
      name,
      async (input: unknown) => {
        // The library runs a state once more when it is aborted while it waits for a retry.
        if (aborted) throw new TaskError('States.Runtime', 'The execution was stopped.');
        return (await runTask(options, task, input)) as never;
      },
    ]),
  );
  const run = new StateMachine(machine.definition, { validationOptions: { noValidate: true } }).run(
    JSON.parse(record.input),
    {
      overrides: { taskResourceLocalHandlers: handlers },
      context: {
        Execution: { Id: record.executionArn, Name: record.name, RoleArn: 'arn:aws:iam::000000000000:role/embedded' },
      },
    },
  );
  const abort = (): void => {
    aborted = true;
    run.abort();
  };
  let tooLong = false;
  const add = (timestamp: number, type: string, details: Readonly<Record<string, unknown>>): void => {
    history.push({
      timestamp: timestamp / 1_000,
      type,
      id: history.length + 1,
      previousEventId: history.length,
      ...details,
    });
    if (history.length > maxHistoryEvents && !tooLong) {
      tooLong = true;
      abort();
    }
  };
  const follow = async (): Promise<void> => {
    for await (const event of run.eventLogs) {
      const entry = historyEntry(event as unknown as Parameters<typeof historyEntry>[0]);
      if (entry) add(event.timestamp, entry.type, entry.details);
    }
  };
  const finish = async (): Promise<Pick<ExecutionRecord, 'status' | 'output' | 'error' | 'cause'>> => {
    const following = follow();
    try {
      const output = JSON.stringify(await run.result);
      await following;
      return { status: 'SUCCEEDED', output };
    } catch (error) {
      await following;
      const end = tooLong ? tooLongEnd : endOf(error);
      const details = { executionFailedEventDetails: { error: end.error, cause: end.cause } };
      if (end.status === 'FAILED') add(clock.now(), 'ExecutionFailed', details);
      return end;
    }
  };
  return { history, ended: finish(), abort };
};
