import { describe, expect, test } from 'vitest';
import { scope, temporaryFolder } from '../test-context.ts';
import { error, functionArn, result, start } from './start-machine.ts';

describe('executions', () => {
  const waiting = {
    First: { Type: 'Wait', Seconds: 60, Next: 'Second' },
    Second: { Type: 'Task', Resource: functionArn('f'), End: true },
  };

  test('start once for the same name and input while running, and never again after the end', async () => {
    const { call, machine } = start(waiting);
    const request = { stateMachineArn: machine, name: 'one', input: '{"a":1}' };
    const first = await call('StartExecution', request);
    expect(await call('StartExecution', request)).toEqual(first);
    await expect(call('StartExecution', { ...request, input: '{"a":2}' })).rejects.toMatchObject({
      code: 'ExecutionAlreadyExists',
    });
    await call('StopExecution', { executionArn: first['executionArn'] as string, error: 'Stopped', cause: 'drill' });
    expect(await call('DescribeExecution', { executionArn: first['executionArn'] as string })).toMatchObject({
      status: 'ABORTED',
      error: 'Stopped',
      cause: 'drill',
    });
    await expect(call('StartExecution', request)).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
    await expect(call('StartExecution', { ...request, name: 'two', input: 'no json' })).rejects.toMatchObject({
      code: 'InvalidExecutionInput',
    });
  });

  test('do not run another task after they are stopped during a retry', async () => {
    const { call, machine, calls } = start(
      {
        First: {
          Type: 'Task',
          Resource: functionArn('f'),
          Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 30 }],
          End: true,
        },
      },
      { f: () => error('X') },
    );
    const { executionArn } = await call('StartExecution', { stateMachineArn: machine, name: 'one' });
    await expect.poll(() => calls.length).toBe(1);
    await call('StopExecution', { executionArn: executionArn as string });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(calls).toHaveLength(1);
  });

  test('show in their history which states they entered, left and failed in', async () => {
    const { call, run } = start(
      {
        First: { Type: 'Pass', Next: 'Second' },
        Second: {
          Type: 'Task',
          Resource: functionArn('f'),
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'End' }],
          End: true,
        },
        End: { Type: 'Fail', Error: 'E' },
      },
      { f: () => error('Broken') },
    );
    const { executionArn } = await run();
    const { events } = (await call('GetExecutionHistory', { executionArn: executionArn as string })) as {
      events: {
        type: string;
        id: number;
        timestamp: number;
        stateEnteredEventDetails?: { name: string };
        taskFailedEventDetails?: { error: string };
      }[];
    };
    expect(events.map(({ type }) => type)).toEqual([
      'ExecutionStarted', 'PassStateEntered', 'PassStateExited', 'TaskStateEntered', 'TaskFailed', 'TaskStateExited', 'FailStateEntered', 'ExecutionFailed',
    ]); // prettier-ignore
    expect(events.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(events[3]?.stateEnteredEventDetails?.name).toBe('Second');
    expect(events[4]?.taskFailedEventDetails?.error).toBe('Broken');
    expect(Math.abs((events[0]?.timestamp ?? 0) - Date.now() / 1_000)).toBeLessThan(60);
    const page = (await call('GetExecutionHistory', {
      executionArn: executionArn as string,
      reverseOrder: true,
      maxResults: 2,
    })) as { events: { id: number }[]; nextToken: string };
    expect(page.events.map(({ id }) => id)).toEqual([8, 7]);
    expect(page.nextToken).toBeDefined();
  });

  test('that were running are run again from their start after a restart with the same data', async () => {
    const folder = temporaryFolder();
    const first = start(waiting, {}, { folder });
    const { executionArn } = await first.call('StartExecution', {
      stateMachineArn: first.machine,
      name: 'one',
      input: '{"a":1}',
    });
    await first.service.close();
    const second = start(
      { First: { Type: 'Task', Resource: functionArn('f'), End: true } },
      { f: (input) => result(input) },
      { folder },
    );
    expect(await second.call('DescribeExecution', { executionArn: executionArn as string })).toMatchObject({
      status: 'RUNNING',
    });
    second.service.resume(scope);
    await expect
      .poll(async () => (await second.call('DescribeExecution', { executionArn: executionArn as string }))['status'])
      .toBe('SUCCEEDED');
    expect(second.calls).toEqual([{ name: 'f', input: { a: 1 } }]);
  });
});
