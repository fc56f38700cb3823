import { describe, expect, test } from 'vitest';
import { error, functionArn, output, result, start } from './start-machine.ts';

describe('task states', () => {
  test('call a function by its ARN with the input and keep the result at ResultPath', async () => {
    const { run, calls } = start(
      { First: { Type: 'Task', Resource: functionArn('validate'), ResultPath: '$.validated', End: true } },
      { validate: () => result({ ok: true }) },
    );
    expect(output(await run({ promotionId: 'p' }))).toEqual({ promotionId: 'p', validated: { ok: true } });
    expect(calls).toEqual([{ name: 'validate', input: { promotionId: 'p' } }]);
  });

  test('call lambda:invoke with Payload and select from its result', async () => {
    const { run, calls } = start(
      {
        First: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke',
          Parameters: { FunctionName: functionArn('analyze'), Payload: { 'id.$': '$.promotionId' } },
          ResultSelector: { 'verdict.$': '$.Payload.verdict' },
          ResultPath: '$.analysis',
          End: true,
        },
      },
      { analyze: () => result({ verdict: 'hold', noise: 1 }) },
    );
    expect(output(await run({ promotionId: 'p' }))).toEqual({ promotionId: 'p', analysis: { verdict: 'hold' } });
    expect(calls[0]?.input).toEqual({ id: 'p' });
  });

  test('treat ResultPath $ as the default', async () => {
    const { run } = start(
      { First: { Type: 'Task', Resource: functionArn('f'), ResultPath: '$', End: true } },
      { f: () => result({ a: 1 }) },
    );
    expect(output(await run({ b: 2 }))).toEqual({ a: 1 });
  });

  test('drop the result with ResultPath null', async () => {
    const { run } = start(
      { First: { Type: 'Task', Resource: functionArn('f'), ResultPath: null, End: true } },
      { f: () => result({ a: 1 }) },
    );
    expect(output(await run({ b: 2 }))).toEqual({ b: 2 });
  });

  test('retry the named errors only, as often as they say', async () => {
    const retry = [{ ErrorEquals: ['Retryable', 'Runtime.ExitError'], IntervalSeconds: 0, MaxAttempts: 2 }];
    const states = { First: { Type: 'Task', Resource: functionArn('f'), Retry: retry, End: true } };
    const twice = start(states, { f: (_input, call) => (call < 2 ? error('Runtime.ExitError') : result('done')) });
    expect(output(await twice.run())).toBe('done');
    const always = start(states, { f: () => error('Retryable') });
    expect(await always.run()).toMatchObject({ status: 'FAILED', error: 'Retryable' });
    expect(always.calls).toHaveLength(3);
    const other = start(states, { f: () => error('Fatal') });
    expect(await other.run()).toMatchObject({ status: 'FAILED', error: 'Fatal' });
    expect(other.calls).toHaveLength(1);
  });

  test('wait the interval of a retry', async () => {
    const { run } = start(
      {
        First: {
          Type: 'Task',
          Resource: functionArn('f'),
          Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 1 }],
          End: true,
        },
      },
      { f: (_input, call) => (call === 0 ? error('X') : result('done')) },
    );
    const before = Date.now();
    expect(output(await run())).toBe('done');
    expect(Date.now() - before).toBeGreaterThanOrEqual(995);
  });

  test('catch an error with name and cause at ResultPath and go on', async () => {
    const { run } = start(
      {
        First: {
          Type: 'Task',
          Resource: functionArn('f'),
          Catch: [
            { ErrorEquals: ['Other'], Next: 'Wrong' },
            { ErrorEquals: ['States.TaskFailed'], ResultPath: '$.failure', Next: 'Handle' },
          ],
          End: true,
        },
        Handle: { Type: 'Pass', End: true },
        Wrong: { Type: 'Fail' },
      },
      { f: () => error('TypeError', 'x is undefined') },
    );
    const value = output(await run({ a: 1 })) as { a: number; failure: { Error: string; Cause: string } };
    expect(value).toMatchObject({ a: 1, failure: { Error: 'TypeError' } });
    expect(JSON.parse(value.failure.Cause)).toEqual({
      errorType: 'TypeError',
      errorMessage: 'x is undefined',
      trace: [],
    });
  });

  test('name a missing function as Lambda.ResourceNotFoundException', async () => {
    const { run } = start({ First: { Type: 'Task', Resource: functionArn('gone'), End: true } });
    expect(await run()).toMatchObject({ status: 'FAILED', error: 'Lambda.ResourceNotFoundException' });
  });

  test('fail on results above the payload limit', async () => {
    const { run } = start(
      { First: { Type: 'Task', Resource: functionArn('f'), End: true } },
      { f: () => result('x'.repeat(262_145)) },
    );
    expect(await run()).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });
});

describe('other states', () => {
  test('choose by comparison, presence and default', async () => {
    const states = {
      First: {
        Type: 'Choice',
        Choices: [
          { Variable: '$.weight', NumericGreaterThanEquals: 100, Next: 'All' },
          {
            And: [
              { Variable: '$.action', IsPresent: true },
              { Variable: '$.action', StringEquals: 'abort' },
            ],
            Next: 'Abort',
          },
        ],
        Default: 'Else',
      },
      All: { Type: 'Pass', Result: 'all', End: true },
      Abort: { Type: 'Pass', Result: 'abort', End: true },
      Else: { Type: 'Pass', Result: 'else', End: true },
    };
    expect(output(await start(states).run({ weight: 100 }))).toBe('all');
    expect(output(await start(states).run({ weight: 5, action: 'abort' }))).toBe('abort');
    expect(output(await start(states).run({ weight: 5 }))).toBe('else');
  });

  test('wait for the seconds that the input says', async () => {
    const { run } = start({ First: { Type: 'Wait', SecondsPath: '$.analysis.waitSeconds', End: true } });
    const before = Date.now();
    await run({ analysis: { waitSeconds: 1 } });
    expect(Date.now() - before).toBeGreaterThanOrEqual(995);
  });

  test('tell when an execution begins and how it ends, with its input', async () => {
    const { run, events } = start({ First: { Type: 'Fail', Error: 'broken', Cause: 'why' } });
    await run({ promotionId: 'p' });
    await expect.poll(() => events.length).toBe(2);
    expect(events.map(({ detail }) => detail['status'])).toEqual(['RUNNING', 'FAILED']);
    expect(events[1]).toMatchObject({
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      detail: {
        name: 'one',
        error: 'broken',
        cause: 'why',
        input: '{"promotionId":"p"}',
        inputDetails: { included: true },
      },
    });
  });

  test('fail with error and cause', async () => {
    expect(await start({ First: { Type: 'Fail', Error: 'PromotionAborted', Cause: 'why' } }).run()).toMatchObject({
      status: 'FAILED',
      error: 'PromotionAborted',
      cause: 'why',
    });
  });
});
