import { LastgoodError } from '#core/errors.ts';
import { type Execution, type ExecutionStatus, nameTaken, type Executions } from '#core/promotion/executions.ts';
import { executionNameOf, type PromotionInput } from '#core/promotion/promotion-input.ts';
import { canonicalJson } from '#core/release/canonical.ts';
import { awsFailure, type MemoryOptions, operate } from './wire.ts';

type ExecutionName = Pick<PromotionInput, 'promotionId' | 'continuation'>;

/** Step Functions keeps the name of an ended execution for 90 days, and then forgets the execution. */
const keptMs = 90 * 86_400_000;

/** Step Functions' own limit of an execution's history is 25,000 events; a state entered takes at least two. */
const maxStates = 12_500;

/** What is answered about the states entered: as many events as the adapter for AWS reads. */
const answeredStates = 1_000;

const maxExecutions = 100_000;

interface Run {
  readonly input: string;
  readonly states: string[];
  status: ExecutionStatus;
  startedAtMs: number;
  endedAtMs?: number;
  problem?: string;
}

/** Executions that somebody else carries out: a simulator's workflow, or a test step by step. */
export interface MemoryExecutions extends Executions {
  /** A running execution enters a state. */
  readonly enter: (execution: ExecutionName, state: string) => void;
  /** A running execution ends; one that has ended keeps its end. */
  readonly finish: (execution: ExecutionName, status: 'succeeded' | 'failed' | 'timed-out', problem?: string) => void;
}

export interface MemoryExecutionsOptions extends MemoryOptions {
  /** Starts the work of a new execution; not waited for. @default - nothing happens until `enter` and `finish` */
  readonly onStart?: (input: PromotionInput) => void;
}

export const memoryExecutions = ({ clock, wire, onStart }: MemoryExecutionsOptions): MemoryExecutions => {
  const runs = new Map<string, Run>();
  const find = (execution: ExecutionName): Run | undefined => {
    const run = runs.get(executionNameOf(execution));
    return run?.endedAtMs !== undefined && clock.now() >= run.endedAtMs + keptMs ? undefined : run;
  };
  const end = (run: Run | undefined, status: ExecutionStatus, problem?: string): void => {
    if (run?.status !== 'running') return;
    run.status = status;
    run.endedAtMs = clock.now();
    if (problem !== undefined) run.problem = problem;
  };
  const over = <T>(kind: 'read' | 'write', execution: ExecutionName, effect: () => T) =>
    operate(wire, { store: 'executions', kind, key: executionNameOf(execution) }, effect);
  return {
    start: (input) => over('write', input, () => begin(runs, find(input), input, clock.now(), onStart)),
    describe: (execution) => over('read', execution, () => described(find(execution))),
    statesEntered: (execution) =>
      over('read', execution, () => existing(find(execution), execution).states.toReversed().slice(0, answeredStates)),
    stop: (execution, reason) =>
      over('write', execution, () => end(existing(find(execution), execution), 'stopped', reason.slice(0, 1_000))),
    enter: (execution, state) => {
      const run = find(execution);
      if (run?.status !== 'running') return;
      if (run.states.length >= maxStates) end(run, 'failed', 'States.Runtime: the history is at its limit');
      else run.states.push(state);
    },
    finish: (execution, status, problem) => end(find(execution), status, problem),
  };
};

/** The same name and input while it runs is the same execution; anything else under the name is refused. */
const begin = (
  runs: Map<string, Run>,
  present: Run | undefined,
  input: PromotionInput,
  nowMs: number,
  onStart: ((input: PromotionInput) => void) | undefined,
): { readonly executionArn: string } => {
  const name = executionNameOf(input);
  const executionArn = `memory:execution:${name}`;
  const text = canonicalJson(input);
  if (present?.status === 'running' && present.input === text) return { executionArn };
  if (present) throw nameTaken(input);
  if (runs.size >= maxExecutions)
    throw new LastgoodError('disk-full', `the memory of executions holds ${maxExecutions}, its limit`);
  runs.set(name, { input: text, states: [], status: 'running', startedAtMs: nowMs });
  onStart?.(input);
  return { executionArn };
};

const described = (run: Run | undefined): Execution | undefined =>
  run && {
    status: run.status,
    startedAt: new Date(run.startedAtMs),
    ...(run.endedAtMs !== undefined && { endedAt: new Date(run.endedAtMs) }),
    ...(run.problem !== undefined && { problem: run.problem }),
  };

const existing = (run: Run | undefined, execution: ExecutionName): Run => {
  if (run) return run;
  throw awsFailure(
    { service: 'SFN', operation: 'StopExecution', name: 'ExecutionDoesNotExist' },
    `there is no execution ${executionNameOf(execution)}`,
  );
};
