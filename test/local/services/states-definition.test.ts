import { describe, expect, test } from 'vitest';
import { runnableDefinition } from '#local/services/states/definition.ts';
import { functionArn } from './start-machine.ts';

describe('definitions that are refused', () => {
  const refuse =
    (definition: object | string): (() => unknown) =>
    () =>
      runnableDefinition('state machine m', typeof definition === 'string' ? definition : JSON.stringify(definition));
  const state = (fields: object) => ({
    StartAt: 'S',
    States: { S: { Type: 'Task', Resource: functionArn('f'), End: true, ...fields } },
  });

  test.each<[string, object | string, RegExp]>([
    [
      'JSONata of the whole machine',
      { ...state({}), QueryLanguage: 'JSONata' },
      /state machine m: JSONata is not supported/,
    ],
    ['JSONata of a state', state({ QueryLanguage: 'JSONata' }), /state S: JSONata is not supported/],
    ['variables', state({ Assign: { a: 1 } }), /state S: Assign/],
    ['JSONata arguments', state({ Arguments: {} }), /state S: Arguments/],
    [
      'task tokens',
      state({ Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken' }),
      /state S: the task resource .*waitForTaskToken is not supported/,
    ],
    ['other services', state({ Resource: 'arn:aws:states:::dynamodb:putItem' }), /dynamodb:putItem is not supported/],
    ['the state context', state({ Parameters: { 'x.$': '$$.State.RetryCount' } }), /context object holds only/],
    ['heartbeats', state({ HeartbeatSeconds: 5 }), /HeartbeatSeconds is not supported/],
    ['a missing state', { StartAt: 'S', States: { S: { Type: 'Pass', Next: 'Gone' } } }, /state machine m/],
    ['text', 'no json', /not JSON/],
  ])('%s', (_name, definition, message) => {
    expect(refuse(definition)).toThrow(message);
  });

  test('finds JSONata in nested machines', () => {
    const inner = state({ Arguments: {} });
    expect(refuse({ StartAt: 'P', States: { P: { Type: 'Parallel', Branches: [inner], End: true } } })).toThrow(
      /state S: Arguments/,
    );
  });
});
