import { newUuid } from '../../chance.ts';
import { z } from 'zod';
import { type CloudContext, type PerScope, perScope, statePath } from '../../context.ts';
import { AwsError } from '../../http/aws-error.ts';
import { type JsonApi, operationsOf } from '../../http/operation.ts';
import { pageOf } from '../../http/page.ts';
import type { Scope } from '../../http/scope.ts';
import { type Document, openDocument } from '../../storage/document.ts';
import type { InvokeFunction } from '../lambda/api.ts';
import { runnableDefinition } from './definition.ts';
import { withoutData } from './history.ts';
import type { CloudEvent } from '../events/pattern.ts';
import { statusChange } from './status-change.ts';
import { type Machine, machineSummary, seconds, summary } from './views.ts';
import { ExecutionRecord, type RunningExecution, runExecution } from './execution.ts';
import * as inputs from './inputs.ts';

const operation = operationsOf({ invalid: 'ValidationException' });

interface ScopeStates {
  readonly machines: Map<string, Machine>;
  readonly executions: Document<Record<string, ExecutionRecord>>;
  readonly running: Map<string, RunningExecution>;
}

/** Executions kept per account and region; the oldest ended ones go first. AWS keeps them for 90 days. */
const maxExecutions = 5_000;
/** Histories of ended executions kept in memory. */
const maxHistories = 200;
const maxInputBytes = 262_144;

const { codes: values } = inputs;

const executionArnOf = (machineArn: string, name: string): string =>
  `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;

/** @param limit 0 means 100, as Step Functions has it */
const statesPage = <T>(items: readonly T[], limit: number, token: string | undefined) =>
  pageOf(items, { limit: limit === 0 ? 100 : limit, token, invalidToken: 'InvalidToken' });

/**
 * Step Functions. With a data folder executions are stored; those that were running when the cloud ended are run again
 * from their start with the same input as soon as their machine is deployed: steps are idempotent by design.
 */
export class StepFunctions {
  readonly api: JsonApi;
  readonly #context: CloudContext;
  readonly #invoke: InvokeFunction;
  readonly #publish: (scope: Scope, event: CloudEvent) => void;
  readonly #scopes: PerScope<ScopeStates>;
  #closing = false;

  /** @param publish tells the bus when an execution begins and ends */
  constructor(context: CloudContext, invoke: InvokeFunction, publish: (scope: Scope, event: CloudEvent) => void) {
    this.#context = context;
    this.#invoke = invoke;
    this.#publish = publish;
    this.#scopes = perScope((scope) => ({
      machines: new Map(),
      executions: openDocument(statePath(context, scope, 'executions.json'), z.record(z.string(), ExecutionRecord), {}),
      running: new Map(),
    }));
    this.api = {
      target: 'AWSStepFunctions',
      operations: {
        CreateStateMachine: operation(inputs.CreateStateMachine, (scope, input) => this.#create(scope, input), {
          values,
          refused: 'InvalidDefinition',
        }),
        StartExecution: operation(inputs.StartExecution, (scope, input) => this.#start(scope, input), { values }),
        StopExecution: operation(inputs.StopExecution, (scope, input) => this.#stop(scope, input), { values }),
        DescribeExecution: operation(inputs.DescribeExecution, (scope, input) => this.#describe(scope, input), {
          values,
        }),
        ListExecutions: operation(inputs.ListExecutions, (scope, input) => this.#list(scope, input), { values }),
        GetExecutionHistory: operation(inputs.GetExecutionHistory, (scope, input) => this.#history(scope, input), {
          values,
        }),
        DescribeStateMachine: operation(
          inputs.DescribeStateMachine,
          (scope, input) => {
            const { text, ...machine } = this.#machine(scope, input.stateMachineArn);
            return {
              ...machineSummary(machine),
              definition: input.includedData === 'ALL_DATA' ? text : '{}',
              status: 'ACTIVE',
              roleArn: machine.roleArn,
            };
          },
          { values },
        ),
        ListStateMachines: operation(
          inputs.ListStateMachines,
          (scope, input) => {
            const machines = [...this.#scopes.get(scope).machines.values()];
            const { items, next } = statesPage(machines, input.maxResults, input.nextToken);
            return { stateMachines: items.map(machineSummary), nextToken: next };
          },
          { values },
        ),
      },
    };
  }

  /**
   * Creates or replaces a machine; running executions keep the definition they began with. Returns its ARN.
   * @throws LastgoodError `unsupported-resource` for JSONata and integrations other than lambda
   */
  putMachine(scope: Scope, name: string, text: string, role?: string): string {
    const arn = `arn:aws:states:${scope.region}:${scope.account}:stateMachine:${name}`;
    const runnable = runnableDefinition(`state machine ${name}`, text);
    const state = this.#scopes.get(scope);
    const roleArn = role ?? `arn:aws:iam::${scope.account}:role/embedded`;
    state.machines.set(name, { arn, name, text, runnable, roleArn, createdAt: this.#context.clock.now() });
    return arn;
  }

  /** Runs again what an earlier cloud left running. Call when the lambdas that its steps need are deployed. */
  resume(scope: Scope): void {
    const state = this.#scopes.get(scope);
    for (const record of Object.values(state.executions.value)) {
      const machine = [...state.machines.values()].find(({ arn }) => arn === record.stateMachineArn);
      if (record.status === 'RUNNING' && !state.running.has(record.executionArn) && machine)
        this.#run(scope, machine, record);
    }
  }

  removeMachine(scope: Scope, name: string): void {
    this.#scopes.get(scope).machines.delete(name);
  }

  /** Ends the runs; stored executions stay RUNNING, so that the next cloud takes them up. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const { running } of this.#scopes.values()) {
      for (const execution of running.values()) {
        execution.abort();
        await execution.ended;
      }
    }
  }

  #create(scope: Scope, input: z.infer<typeof inputs.CreateStateMachine>): object {
    const known = this.#scopes.get(scope).machines.get(input.name);
    const isSame = known?.text === input.definition && known.roleArn === input.roleArn;
    if (known && !isSame)
      throw new AwsError('StateMachineAlreadyExists', `State Machine Already Exists: '${known.arn}'`);
    const stateMachineArn = known?.arn ?? this.putMachine(scope, input.name, input.definition, input.roleArn);
    return { stateMachineArn, creationDate: seconds(known?.createdAt ?? this.#context.clock.now()) };
  }

  #machine(scope: Scope, arn: string): Machine {
    const machine = [...this.#scopes.get(scope).machines.values()].find((one) => one.arn === arn);
    if (!machine) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  #record(scope: Scope, executionArn: string): ExecutionRecord {
    const record = this.#scopes.get(scope).executions.value[executionArn];
    if (!record) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
    return record;
  }

  async #start(scope: Scope, input: z.infer<typeof inputs.StartExecution>): Promise<object> {
    const machine = this.#machine(scope, input.stateMachineArn);
    const name = input.name ?? newUuid();
    const executionArn = executionArnOf(machine.arn, name);
    const { executions } = this.#scopes.get(scope);
    if (Buffer.byteLength(input.input) > maxInputBytes)
      throw new AwsError('InvalidExecutionInput', `the input has more than ${maxInputBytes} bytes`);
    try {
      JSON.parse(input.input);
    } catch {
      throw new AwsError('InvalidExecutionInput', 'Invalid State Machine Execution Input: the input is not JSON');
    }
    const known = executions.value[executionArn];
    if (known?.status === 'RUNNING' && known.input === input.input)
      return { executionArn, startDate: seconds(known.startedAt) };
    if (known) throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${executionArn}'`);
    const record: ExecutionRecord = {
      executionArn,
      stateMachineArn: machine.arn,
      name,
      input: input.input,
      status: 'RUNNING',
      startedAt: this.#context.clock.now(),
    };
    executions.value[executionArn] = record;
    this.#forgetOldest(scope);
    await executions.save();
    this.#run(scope, machine, record);
    this.#publish(scope, statusChange(record));
    return { executionArn, startDate: seconds(record.startedAt) };
  }

  #run(scope: Scope, machine: Machine, record: ExecutionRecord): void {
    const { running } = this.#scopes.get(scope);
    const { clock } = this.#context;
    const execution = runExecution({ clock, scope, machine: machine.runnable, record, invoke: this.#invoke });
    running.set(record.executionArn, execution);
    void this.#settle(scope, record, execution);
  }

  async #settle(scope: Scope, record: ExecutionRecord, execution: RunningExecution): Promise<void> {
    const end = await execution.ended;
    if (this.#closing) return;
    Object.assign(record, {
      ...end,
      ...(record.error !== undefined && { error: record.error, cause: record.cause }),
    });
    record.stoppedAt = this.#context.clock.now();
    this.#forgetHistories(scope);
    await this.#scopes.get(scope).executions.save();
    this.#publish(scope, statusChange(record));
  }

  async #stop(scope: Scope, input: z.infer<typeof inputs.StopExecution>): Promise<object> {
    const record = this.#record(scope, input.executionArn);
    const execution = this.#scopes.get(scope).running.get(input.executionArn);
    if (record.status === 'RUNNING' && execution) {
      if (input.error !== undefined) record.error = input.error;
      if (input.cause !== undefined) record.cause = input.cause;
      execution.abort();
      await execution.ended;
    }
    return { stopDate: seconds(record.stoppedAt ?? this.#context.clock.now()) };
  }

  #describe(scope: Scope, input: z.infer<typeof inputs.DescribeExecution>): object {
    const record = this.#record(scope, input.executionArn);
    return {
      ...summary(record),
      ...(input.includedData === 'ALL_DATA' && { input: record.input, output: record.output }),
      error: record.error,
      cause: record.cause,
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
    };
  }

  #list(scope: Scope, input: z.infer<typeof inputs.ListExecutions>): object {
    this.#machine(scope, input.stateMachineArn);
    const found = Object.values(this.#scopes.get(scope).executions.value)
      .filter(
        (record) =>
          record.stateMachineArn === input.stateMachineArn &&
          (input.statusFilter === undefined || record.status === input.statusFilter),
      )
      .sort((a, b) => b.startedAt - a.startedAt);
    const { items, next } = statesPage(found, input.maxResults, input.nextToken);
    return { executions: items.map(summary), nextToken: next };
  }

  #history(scope: Scope, input: z.infer<typeof inputs.GetExecutionHistory>): object {
    this.#record(scope, input.executionArn);
    const events = this.#scopes.get(scope).running.get(input.executionArn)?.history ?? [];
    const { items, next } = statesPage(
      input.reverseOrder ? events.toReversed() : events,
      input.maxResults,
      input.nextToken,
    );
    return { events: input.includeExecutionData ? items : items.map(withoutData), nextToken: next };
  }

  #forgetOldest(scope: Scope): void {
    const { executions } = this.#scopes.get(scope);
    const ended = Object.values(executions.value).filter((record) => record.status !== 'RUNNING');
    const excess = Object.keys(executions.value).length - maxExecutions;
    for (const record of ended.sort((a, b) => a.startedAt - b.startedAt).slice(0, Math.max(0, excess)))
      delete executions.value[record.executionArn];
  }

  #forgetHistories(scope: Scope): void {
    const { running, executions } = this.#scopes.get(scope);
    const ended = [...running.keys()].filter((arn) => executions.value[arn]?.status !== 'RUNNING');
    for (const arn of ended.slice(0, Math.max(0, ended.length - maxHistories))) running.delete(arn);
  }
}
