import { describe, expect, test } from 'vitest';
import { parseFlow } from '#core/flow/flow.ts';
import { type ScriptCue, ScriptedParams, scriptProblems, scriptReply } from '#core/release/scripted-model.ts';

const params = ScriptedParams.parse({
  rules: {
    greet: [
      { say: 'Hello' },
      { when: '(?<day>monday|tuesday)( at (?<hour>\\d+))?', call: 'find', say: 'Looking at {day}' },
      { when: 'book (?<what>\\w+)', call: 'book', args: { item: '$what', hour: '$hour', count: 1 } },
      { when: 'bad', say: '{nothing}' },
    ],
    offer: [{ say: 'I have {slots}' }, { on: 'caller', say: 'Which of {slots}?' }],
    '*': [
      { when: 'person', call: 'transfer' },
      { on: 'failure', say: 'That failed' },
    ],
  },
});

describe('the scripted model', () => {
  test.each<[string, ScriptCue, object]>([
    ['entering a node', { on: 'enter', node: 'greet' }, { say: 'Hello' }],
    [
      'a result in its text',
      { on: 'enter', node: 'offer', last: { function: 'find', result: { slots: 'nine' } } },
      { say: 'I have nine' },
    ],
    [
      'words of the caller',
      { on: 'caller', node: 'greet', text: 'On TUESDAY please' },
      { say: 'Looking at TUESDAY', call: { name: 'find', args: { day: 'TUESDAY' } } },
    ],
    [
      'several named groups',
      { on: 'caller', node: 'greet', text: 'monday at 9' },
      { say: 'Looking at monday', call: { name: 'find', args: { day: 'monday', hour: '9' } } },
    ],
    [
      'arguments by name',
      { on: 'caller', node: 'greet', text: 'book it' },
      { call: { name: 'book', args: { item: 'it', count: 1 } } },
    ],
    [
      'any words',
      { on: 'caller', node: 'offer', text: 'hm', last: { function: 'find', result: { slots: 9 } } },
      { say: 'Which of 9?' },
    ],
    [
      'a rule of every node',
      { on: 'caller', node: 'greet', text: 'a person' },
      { call: { name: 'transfer', args: {} } },
    ],
    ['a failed function', { on: 'failure', node: 'greet' }, { say: 'That failed' }],
    [
      'a result that stays',
      { on: 'result', node: 'greet', last: { function: 'answer', result: { text: 'so' } } },
      { say: 'It is so' },
    ],
    [
      'an outcome',
      { on: 'result', node: 'greet', last: { function: 'find', result: { outcome: 'unclear' } } },
      { say: 'Which?' },
    ],
    ['a result that no rule speaks of', { on: 'result', node: 'greet', last: { function: 'find', result: {} } }, {}],
    ['words that fit nothing', { on: 'caller', node: 'greet', text: 'hm' }, { say: params.fallback }],
    ['entering a node without a rule', { on: 'enter', node: 'constructor' }, {}],
  ])('answers %s', (_name, cue, reply) => {
    expect(scriptReply(params, cue)).toEqual(reply);
  });

  test('fails on a field that nothing gives, instead of saying the braces', () => {
    expect(() => scriptReply(params, { on: 'caller', node: 'greet', text: 'bad' })).toThrow(/says \{nothing\}/);
  });

  test('names rules that can never run', () => {
    const flow = parseFlow('initial_node: greet\nnodes: {greet: {task_messages: [{content: x}]}}');
    expect(scriptProblems(params, flow)).toEqual([
      'model.params.rules.greet[1].call: function find is not offered there; there is none',
      'model.params.rules.greet[2].call: function book is not offered there; there is none',
      'model.params.rules.offer: node offer does not exist; the flow has greet',
      'model.params.rules.*[0].call: function transfer is not offered there; there is none',
    ]);
  });

  test.each([{ when: '(', say: 'x' }, { when: 'x' }, { on: 'enter', when: 'x', say: 'y' }, { says: 'x' }])(
    'refuses the rule %j',
    (rule) => {
      expect(ScriptedParams.safeParse({ rules: { a: [rule] } }).success).toBe(false);
    },
  );
});
