import { describe, expect, test } from 'vitest';
import { AgentConfig } from '#core/release/agent-config.ts';
import { diffReleases } from '#core/release/diff.ts';
import { renderDiff } from '#core/release/render-diff.ts';
import { ToolDescription } from '#core/release/tool.ts';
import { agentInput, bytesOf, contentOf, findSlots, flowText } from './agent-builder.ts';

const source = (text: string) => [
  { path: 'index.mjs', bytes: bytesOf(`// generated\n${text}`) },
  { path: 'tools/find_slots.ts', bytes: bytesOf(text) },
];

/** A release that differs in every part. */
const second = () =>
  contentOf({
    config: AgentConfig.parse({
      ...agentInput,
      version: '1.1',
      model: { ...agentInput.model, params: { rules: {}, thinkMs: 40, fallback: 'Oh' } },
      budgets: { costUsdPerTask: 0.9 },
    }),
    bundle: source('export const tool = 2;\n'),
    prompts: [{ path: 'prompts/greet.md', bytes: bytesOf('Greet the caller.\nBe very brief.\n') }],
    flow: bytesOf(flowText.replace('Say goodbye', 'Say goodbye kindly')),
    tools: [ToolDescription.parse({ ...findSlots, permissions: ['calendar:read', 'calendar:write'] })],
    documents: [{ path: 'knowledge/hours.md', text: '# Opening hours\n\nWe open at ten.\n' }],
  });

describe('the diff of two releases (R8)', () => {
  test('of the same release is empty', async () => {
    const diff = diffReleases(await contentOf(), await contentOf());
    expect(diff.sections).toEqual([]);
    expect(renderDiff(diff)).toContain('The two releases are the same.');
  });

  test('names part, file, line, permission, field and node', async () => {
    const text = renderDiff(diffReleases(await contentOf(), await second()));
    expect(text.replaceAll(/\([0-9a-f]{12}\)/g, '(id)')).toMatchInlineSnapshot(`
      "appointments 1.0 (id) -> appointments 1.1 (id)
      identity
        ~ version: "1.0" -> "1.1"
      code
        ~ tools/find_slots.ts (+1 -1 lines)
            @@ line 1 -> 1
            -export const tool = 1;
            +export const tool = 2;
        ~ index.mjs (+2 -1 lines)
      model
        + params.fallback: "Oh"
        ~ params.thinkMs: 20 -> 40
      prompts
        ~ prompts/greet.md (+1 -1 lines)
            @@ line 1 -> 1
             Greet the caller.
            -Be brief.
            +Be very brief.
        ~ node done
            ~ task_messages[0].content: "Say goodbye" -> "Say goodbye kindly"
        ~ flow.yaml (+1 -1 lines)
            @@ line 5 -> 5
                 functions: [{name: find, description: Find a slot, handler: find_slots, next: done}]
               done:
            -    task_messages: [{content: Say goodbye}]
            +    task_messages: [{content: Say goodbye kindly}]
      tools
        + tool find_slots: permission calendar:write granted
      data
        ~ knowledge/hours.md (+1 -1 lines)
            @@ line 1 -> 1
             # Opening hours
            -We open at nine.
            +We open at ten.
             
      controls
        ~ budgets.costUsdPerTask: 0.5 -> 0.9"
    `);
  });

  test('is a value with one section per changed part', async () => {
    const diff = diffReleases(await contentOf(), await second());
    expect(diff.sections.map(({ section }) => section)).toEqual([
      'identity',
      'code',
      'model',
      'prompts',
      'tools',
      'data',
      'controls',
    ]);
    const changes = diff.sections.flatMap((section) => section.changes);
    expect(changes).toContainEqual({ kind: 'field', path: 'params.thinkMs', from: 20, to: 40 });
    expect(changes).toContainEqual({ kind: 'field', path: 'params.fallback', to: 'Oh' });
    expect(changes).toContainEqual({
      kind: 'permission',
      tool: 'find_slots',
      permission: 'calendar:write',
      status: 'granted',
    });
    expect(changes).toContainEqual(expect.objectContaining({ kind: 'node', node: 'done', status: 'changed' }));
    expect(diff.cut).toEqual({ changes: 0, lines: 0 });
  });

  test('tells tools and files that came and went', async () => {
    const without = await contentOf({
      tools: [],
      flow: bytesOf('initial_node: a\nnodes: {a: {task_messages: [{content: x}]}}\n'),
      prompts: [],
    });
    const diff = diffReleases(await contentOf(), without);
    const changes = diff.sections.flatMap((section) => section.changes);
    expect(changes).toContainEqual({ kind: 'tool', tool: 'find_slots', status: 'removed' });
    expect(changes).toContainEqual({
      kind: 'permission',
      tool: 'find_slots',
      permission: 'calendar:read',
      status: 'revoked',
    });
    expect(changes).toContainEqual(
      expect.objectContaining({ kind: 'file', path: 'prompts/greet.md', status: 'removed', removedLines: 2 }),
    );
    expect(changes).toContainEqual(expect.objectContaining({ kind: 'node', node: 'greet', status: 'removed' }));
  });

  test('shows the generated module line by line when no source explains its change', async () => {
    const diff = diffReleases(
      await contentOf({ bundle: [{ path: 'index.mjs', bytes: bytesOf('a\n') }] }),
      await contentOf({ bundle: [{ path: 'index.mjs', bytes: bytesOf('b\n') }] }),
    );
    expect(diff.sections[0]).toMatchObject({
      section: 'code',
      changes: [{ path: 'index.mjs', hunks: [{ lines: ['-a', '+b'] }] }],
    });
  });

  test('is bounded and says what it left out', async () => {
    const long = (word: string) => bytesOf(Array.from({ length: 100 }, (_, index) => `${word} ${index}`).join('\n'));
    const prompts = (word: string) =>
      ['a', 'b', 'greet'].map((name) => ({ path: `prompts/${name}.md`, bytes: long(word) }));
    const diff = diffReleases(
      await contentOf({ prompts: prompts('old') }),
      await contentOf({ prompts: prompts('new') }),
      {
        maxChanges: 2,
        maxLines: 50,
      },
    );
    const files = diff.sections.flatMap((section) => section.changes);
    expect(files).toHaveLength(2);
    expect(diff.cut.changes).toBe(1);
    expect(diff.cut.lines).toBeGreaterThan(300);
    expect(renderDiff(diff)).toContain(`left out: 1 more changes and ${diff.cut.lines} more lines`);
  });
});
