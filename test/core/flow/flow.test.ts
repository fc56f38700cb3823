import { describe, expect, test } from 'vitest';
import { parseFlow } from '#core/flow/flow.ts';
import { flowProblems, unreachableNodes } from '#core/flow/references.ts';

const yaml = (nodes: string, rest = '') => `initial_node: greet\nnodes:\n${nodes}\n${rest}`;
const greet = (functions: string) =>
  yaml(
    `  greet:\n    task_messages: [{content: Say hello}]\n    functions: [${functions}]\n  done:\n    task_messages: [{content: Say goodbye}]`,
  );
const surroundings = {
  tools: { find: { parameters: ['day'], outcomes: ['found', 'none'] } },
  prompts: ['prompts/greeting.md'],
};

describe('a flow file', () => {
  test('gets the documented defaults', () => {
    const flow = parseFlow(greet('{name: go, description: Leave, next: done}'));
    expect(Object.values(flow.nodes)[0]).toMatchObject({
      respond_immediately: true,
      context_strategy: { strategy: 'APPEND' },
      task_messages: [{ role: 'system', content: 'Say hello' }],
      functions: [{ cancel_on_interruption: false, timeout_secs: 10, transitions: {} }],
    });
  });

  test.each([
    [
      'an unknown next node',
      greet('{name: go, description: d, next: nowhere}'),
      /line 5: nodes\.greet\.functions\[0\]\.next: node nowhere does not exist; the flow has greet, done/,
    ],
    [
      'an unknown node of a transition',
      greet('{name: go, description: d, handler: find, transitions: {found: gone}}'),
      /transitions\.found: node gone does not exist/,
    ],
    [
      'an unknown initial node',
      'initial_node: a\nnodes: {b: {task_messages: [{content: x}]}}',
      /line 1: initial_node: node a does not exist; the flow has b/,
    ],
    ['a function that does nothing', greet('{name: go, description: d}'), /has neither handler nor next/],
    [
      'transitions without a handler',
      greet('{name: go, description: d, next: done, transitions: {a: done}}'),
      /needs a handler/,
    ],
    [
      'a function that stands twice',
      greet('{name: go, description: d, next: done}, {name: go, description: d, next: done}'),
      /function go stands twice/,
    ],
    [
      'a required parameter that is none',
      greet('{name: go, description: d, next: done, properties: {}, required: [day]}'),
      /required parameter day is not among/,
    ],
    ['an unknown key', greet('{name: go, description: d, nxt: done, next: done}'), /unknown key nxt/],
    ['a node without a task', yaml('  greet: {task_messages: []}'), /at least one task message/],
    [
      'an action that nobody knows',
      yaml('  greet: {task_messages: [{content: x}], pre_actions: [{type: eval, text: x}]}'),
      /pre_actions\[0\]/,
    ],
    ['broken YAML', 'initial_node: [', /flow\.yaml:1:\d+: /],
    [
      'a key that stands twice',
      'initial_node: a\ninitial_node: b\nnodes: {}',
      /flow\.yaml:2:1: Map keys must be unique/,
    ],
  ])('with %s is refused, naming it', (_name, text, message) => {
    expect(() => parseFlow(text)).toThrow(message);
  });
});

describe('the references of a flow', () => {
  test.each([
    [
      '{name: go, description: d, handler: seek}',
      'node greet, function go: tool seek does not exist; the agent has find',
    ],
    [
      '{name: go, description: d, handler: find, transitions: {lost: done}, next: done}',
      'never gives outcome lost; it gives found, none',
    ],
    ['{name: go, description: d, handler: find, transitions: {found: done}}', 'no transition for outcome none'],
    [
      '{name: go, description: d, handler: find, properties: {when: {type: string}}}',
      'tool find has no parameter when; it has day',
    ],
    ['{name: go, description: d, handler: find, required: [hour]}', 'tool find has no parameter hour'],
  ])('%s', (fn, problem) => {
    expect(flowProblems(parseFlow(greet(fn)), surroundings).join('\n')).toContain(problem);
  });

  test('to prompt files must exist', () => {
    const flow = parseFlow(
      yaml('  greet: {role_message: {prompt: prompts/who.md}, task_messages: [{prompt: prompts/greeting.md}]}'),
    );
    expect(flowProblems(flow, surroundings)).toEqual([
      'node greet, role_message: prompt file prompts/who.md does not exist; the agent has prompts/greeting.md',
    ]);
  });

  test('that are whole give no problem, and a node without a way to it is told', () => {
    const flow = parseFlow(
      greet('{name: go, description: d, handler: find, transitions: {found: greet}, next: greet}'),
    );
    expect(flowProblems(flow, surroundings)).toEqual([]);
    expect(unreachableNodes(flow)).toEqual(['done']);
  });
});
