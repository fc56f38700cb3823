import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFlow } from '#core/flow/flow.ts';
import {
  applyFunctionResult,
  end,
  enter,
  type FlowState,
  functionsOf,
  maxTransitions,
  start,
} from '#core/flow/machine.ts';

const flow = parseFlow(`
initial_node: greet
global_functions:
  - {name: transfer, description: To a person, next: person}
nodes:
  greet:
    role_message: You are the clinic.
    task_messages: [{content: Ask what they need}]
    pre_actions: [{type: tts_say, text: One moment}]
    functions:
      - {name: find, description: d, handler: find_slots, transitions: {found: offer, none: greet, unclear: null}}
      - {name: note, description: d, handler: take_note}
      - {name: jump, description: d, handler: find_slots, dynamic_next: true, next: offer}
  offer:
    task_messages: [{content: Offer the slots}]
    context_strategy: {strategy: RESET}
    respond_immediately: false
    post_actions: [{type: function, handler: audit}]
    functions: [{name: take, description: d, handler: book, next: done}]
  done:
    role_message: You say goodbye.
    task_messages: [{content: Bye}]
    post_actions: [{type: end_conversation, text: Goodbye}]
  person:
    task_messages: [{content: Transfer}]
`);

const entered = (step: ReturnType<typeof start>) => {
  if (step.kind !== 'enter') throw new Error(`expected to enter a node, got ${JSON.stringify(step)}`);
  return step.entry;
};
const initial = entered(start(flow)).state;

describe('the flow machine', () => {
  test('begins in the initial node with its actions, context and functions in order', () => {
    expect(entered(start(flow))).toMatchObject({
      state: { kind: 'in-node', node: 'greet', transitions: 1 },
      preActions: [{ type: 'tts_say', text: 'One moment' }],
      context: { strategy: { strategy: 'APPEND' }, role: 'You are the clinic.' },
      functions: [{ name: 'find' }, { name: 'note' }, { name: 'jump' }, { name: 'transfer' }],
      respondImmediately: true,
      postActions: [],
    });
  });

  test.each([
    ['find', { outcome: 'found' }, 'offer'],
    ['find', { outcome: 'none' }, 'greet'],
    ['jump', {}, 'offer'],
    ['jump', { nextNode: 'done' }, 'done'],
    ['transfer', {}, 'person'],
  ])('%s with %j leads to %s', (name, result, node) => {
    expect(entered(applyFunctionResult(flow, initial, name, result)).state.node).toBe(node);
  });

  test('stays when a function leads nowhere', () => {
    expect(applyFunctionResult(flow, initial, 'note', { outcome: 'anything' })).toEqual({
      kind: 'stay',
      state: initial,
    });
  });

  test('stays when the outcome says so', () => {
    expect(applyFunctionResult(flow, initial, 'find', { outcome: 'unclear' })).toEqual({
      kind: 'stay',
      state: initial,
    });
  });

  test.each([
    ['a function of another node', 'take', {}, 'unknown-function'],
    ['an outcome without a transition', 'find', { outcome: 'lost' }, 'unknown-outcome'],
    ['an outcome named like a property of every object', 'find', { outcome: 'constructor' }, 'unknown-outcome'],
    ['a node chosen by a function that may not', 'find', { nextNode: 'done' }, 'unexpected-next-node'],
    ['a chosen node that does not exist', 'jump', { nextNode: 'nowhere' }, 'unknown-node'],
    ['a chosen node named like a property of every object', 'jump', { nextNode: 'constructor' }, 'unknown-node'],
  ])('refuses %s', (_what, name, result, reason) => {
    expect(applyFunctionResult(flow, initial, name, result)).toMatchObject({ kind: 'refused', reason });
  });

  test('keeps the role until a node has another', () => {
    const offer = entered(applyFunctionResult(flow, initial, 'find', { outcome: 'found' }));
    expect(offer.context.role).toBe('You are the clinic.');
    expect(entered(applyFunctionResult(flow, offer.state, 'take', {})).context.role).toBe('You say goodbye.');
  });

  test('ends once, and an ended conversation moves no more', () => {
    const ended = end(initial, { type: 'end_conversation', outcome: 'escalated' });
    expect(ended).toEqual({ kind: 'ended', node: 'greet', outcome: 'escalated', taskSucceeded: false });
    expect(end(ended, { type: 'end_conversation', outcome: 'completed' })).toBe(ended);
    expect(applyFunctionResult(flow, ended, 'find', { outcome: 'found' })).toMatchObject({ reason: 'ended' });
    expect(enter(flow, 'offer', ended)).toMatchObject({ reason: 'ended' });
  });

  test('bounds the moves of one conversation', () => {
    const late: FlowState = { ...initial, transitions: maxTransitions };
    expect(applyFunctionResult(flow, late, 'transfer', {})).toMatchObject({ reason: 'too-many-transitions' });
  });

  test('whatever is called, offers only functions of the node it is in and never leaves the flow', () => {
    const names = ['find', 'note', 'jump', 'take', 'transfer', 'none'];
    const call = fc.record({
      name: fc.constantFrom(...names),
      result: fc.record(
        { outcome: fc.constantFrom('found', 'none', 'lost'), nextNode: fc.constantFrom('greet', 'offer', 'x') },
        { requiredKeys: [] },
      ),
    });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 50 }), (calls) => {
        const run = () =>
          calls.reduce<{ state: FlowState; entries: ReturnType<typeof entered>[] }>(
            ({ state, entries }, { name, result }) => {
              const step = applyFunctionResult(flow, state, name, result);
              return step.kind === 'enter'
                ? { state: step.entry.state, entries: [...entries, step.entry] }
                : { state, entries };
            },
            { state: initial, entries: [] },
          );
        const first = run();
        expect(Object.keys(flow.nodes)).toContain(first.state.node);
        expect(first.entries.map((entry) => entry.functions)).toEqual(
          first.entries.map((entry) => functionsOf(flow, entry.state.node)),
        );
        expect(run()).toEqual(first);
      }),
    );
  });
});
