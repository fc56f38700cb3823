import { describe, expect, test } from 'vitest';
import { type ChannelSubject, channelTiers, channelViolations, requireChannelRules } from '#core/channel/rules.ts';
import { parseFlow } from '#core/flow/flow.ts';
import { Model } from '#core/model/model.ts';
import { scripted } from '#test/core/release/agent-builder.ts';

const flowOf = (states: number, functions = '') =>
  parseFlow(
    `initial_node: s1\nnodes:\n${Array.from(
      { length: states },
      (_, index) => `  s${index + 1}: {task_messages: [{content: x}], functions: [${index === 0 ? functions : ''}]}`,
    ).join('\n')}`,
  );
const model = (changes: object = {}) => Model.parse({ ...scripted, stt: scripted, tts: scripted, ...changes });
const subject = (changes: Partial<ChannelSubject> = {}): ChannelSubject => ({
  tier: 'voice',
  channels: ['phone'],
  flow: flowOf(5),
  model: model(),
  ...changes,
});
const dynamic = '{name: go, description: d, handler: pick, dynamic_next: true}';
const opus = { provider: 'anthropic', id: 'claude-opus-4-1', snapshot: '20250805' };

describe('the channel rules', () => {
  test.each<[string, Partial<ChannelSubject>]>([
    ['voice with five states', {}],
    [
      'text with twelve states, dynamic behaviors and any model',
      { tier: 'text', channels: ['web-chat', 'sms'], flow: flowOf(12, dynamic), model: model(opus) },
    ],
    [
      'async with maximum reasoning',
      { tier: 'async', channels: ['email'], flow: flowOf(30), model: model({ reasoningDepth: 'maximum' }) },
    ],
  ])('allow %s', (_name, changes) => {
    expect(channelViolations(subject(changes))).toEqual([]);
  });

  test.each<[string, Partial<ChannelSubject>, string, readonly string[]]>([
    [
      'flow has 12 states; voice allows 5',
      { flow: flowOf(12) },
      'flow-states',
      ['s6', 's7', 's8', 's9', 's10', 's11', 's12'],
    ],
    ['flow has 6 states; voice allows 5', { flow: flowOf(6) }, 'flow-states', ['s6']],
    [
      'function go of s1 chooses its next state at run time',
      { flow: flowOf(2, dynamic) },
      'no-dynamic-behaviors',
      ['s1', 'go'],
    ],
    [
      'model anthropic/claude-opus-4-1 is not voice-optimised; voice allows',
      { model: model(opus) },
      'voice-optimised-models',
      ['anthropic/claude-opus-4-1'],
    ],
    [
      'model.allowed[0] anthropic/claude-opus-4-1 is not voice-optimised',
      { model: model({ allowed: [opus] }) },
      'voice-optimised-models',
      ['anthropic/claude-opus-4-1'],
    ],
    [
      'model.stt acme/ear is not known as voice-optimised',
      { model: model({ stt: { provider: 'acme', id: 'ear', snapshot: '1' } }) },
      'voice-optimised-models',
      ['acme/ear'],
    ],
    [
      'model.reasoningDepth is high; voice allows at most low',
      { model: model({ reasoningDepth: 'high' }) },
      'reasoning-depth',
      ['scripted/scripted'],
    ],
    ['channel phone cannot be served by tier text; it needs voice', { tier: 'text' }, 'channel-fits-tier', ['phone']],
  ])('refuse: %s', (message, changes, rule, offending) => {
    const violations = channelViolations(subject(changes));
    expect(violations).toEqual([{ rule, message: expect.stringContaining(message), offending }]);
  });

  test('tell every violation at once', () => {
    expect(() => requireChannelRules(subject({ flow: flowOf(6), model: model(opus) }))).toThrow(
      /flow-states: flow has 6 states; voice allows 5[\s\S]*voice-optimised-models: model anthropic\/claude-opus-4-1/,
    );
  });

  test('know the tiers of every channel', () => {
    expect(Object.values(channelTiers).every((tiers) => tiers.length > 0)).toBe(true);
  });
});
