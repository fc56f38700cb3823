import { expect } from 'vitest';
import { AwsError } from '#local/http/aws-error.ts';
import type { CloudEvent } from '#local/services/events/pattern.ts';
import type { ProcessAnswer } from '#local/services/lambda/function-process.ts';
import { StepFunctions } from '#local/services/states/api.ts';
import { scope, testContext } from '../test-context.ts';

export const functionArn = (name: string): string => `arn:aws:lambda:us-east-1:111111111111:function:${name}`;
export const result = (value: unknown): ProcessAnswer => ({ kind: 'result', payload: JSON.stringify(value) });
export const error = (errorType: string, errorMessage = 'no'): ProcessAnswer => ({
  kind: 'error',
  error: { errorType, errorMessage, trace: [] },
});

type Answers = Readonly<Record<string, (input: unknown, call: number) => ProcessAnswer | Promise<ProcessAnswer>>>;

export const start = (states: object, answers: Answers = {}, options: { startAt?: string; folder?: string } = {}) => {
  const calls: { name: string; input: unknown }[] = [];
  const events: CloudEvent[] = [];
  const context = testContext(options.folder === undefined ? {} : { folder: options.folder, durable: true });
  const service = new StepFunctions(
    context,
    async (_scope, ref, event) => {
      const name = ref.slice(ref.lastIndexOf(':') + 1);
      const input: unknown = JSON.parse(event);
      const call = calls.filter((one) => one.name === name).length;
      calls.push({ name, input });
      const answer = answers[name];
      if (!answer) throw new AwsError('ResourceNotFoundException', `no ${name}`, 404);
      return answer(input, call);
    },
    (_scope, event) => void events.push(event),
  );
  const machine = service.putMachine(
    scope,
    'promotion',
    JSON.stringify({ StartAt: options.startAt ?? 'First', States: states }),
  );
  const call = async (action: string, input: object): Promise<Record<string, unknown>> =>
    (await service.api.operations[action]?.(scope, input)) as Record<string, unknown>;
  const run = async (input: object = {}): Promise<Record<string, unknown>> => {
    const { executionArn } = await call('StartExecution', {
      stateMachineArn: machine,
      name: 'one',
      input: JSON.stringify(input),
    });
    await expect
      .poll(async () => (await call('DescribeExecution', { executionArn: executionArn as string }))['status'], {
        timeout: 10_000,
        interval: 5,
      })
      .not.toBe('RUNNING');
    return call('DescribeExecution', { executionArn: executionArn as string });
  };
  return { service, machine, call, calls, events, run };
};

export const output = (description: Record<string, unknown>): unknown => JSON.parse(description['output'] as string);
