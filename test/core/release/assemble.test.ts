import { describe, expect, test } from 'vitest';
import { AgentConfig } from '#core/release/agent-config.ts';
import { assembleRelease } from '#core/release/assemble.ts';
import { releaseIdOf } from '#core/release/canonical.ts';
import { loadRelease } from '#core/release/content.ts';
import { Manifest } from '#core/release/manifest.ts';
import { ToolDescription } from '#core/release/tool.ts';
import { parseOrThrow } from '#core/parse.ts';
import { agentInput, agentSource, bytesOf, findSlots, flowText, scripted, storeOf } from './agent-builder.ts';

const config = (changes: object) => AgentConfig.parse({ ...agentInput, ...changes });
const idOf = async (changes: Parameters<typeof agentSource>[0] = {}) =>
  (await assembleRelease(agentSource(changes))).id;

describe('the release id', () => {
  test('is the same for the same sources in another order', async () => {
    const source = agentSource();
    const shuffled = { ...source, bundle: source.bundle.toReversed(), prompts: source.prompts.toReversed() };
    expect((await assembleRelease(shuffled)).id).toBe(await idOf());
  });

  test.each<[string, Parameters<typeof agentSource>[0]]>([
    ['the code', { bundle: [{ path: 'index.mjs', bytes: bytesOf('export const tools = [1];\n') }] }],
    ['a model parameter', { config: config({ model: { ...agentInput.model, params: { rules: {}, thinkMs: 30 } } }) }],
    [
      'one byte of a prompt',
      { prompts: [{ path: 'prompts/greet.md', bytes: bytesOf('Greet the caller.\nBe brief!\n') }] },
    ],
    ['a line ending', { prompts: [{ path: 'prompts/greet.md', bytes: bytesOf('Greet the caller.\r\nBe brief.\n') }] }],
    [
      'the name of a prompt',
      {
        flow: bytesOf(flowText.replace('greet.md', 'hello.md')),
        prompts: [{ path: 'prompts/hello.md', bytes: bytesOf('x') }],
      },
    ],
    ['one byte of the flow', { flow: bytesOf(`${flowText}# note\n`) }],
    ['a tool permission', { tools: [ToolDescription.parse({ ...findSlots, permissions: [] })] }],
    ['a tool schema', { tools: [ToolDescription.parse({ ...findSlots, description: 'Finds slots' })] }],
    ['a document', { documents: [{ path: 'knowledge/hours.md', text: 'We open at ten.' }] }],
    ['a budget', { config: config({ budgets: { costUsdPerTask: 0.6 } }) }],
    ['the version label', { config: config({ version: '1.1' }) }],
  ])('changes with %s (R1)', async (_name, changes) => {
    expect(await idOf(changes)).not.toBe(await idOf());
  });

  test('is a function of the manifest alone, and every part is named in it', async () => {
    const build = await assembleRelease(agentSource());
    expect(releaseIdOf(Manifest.parse(structuredClone(build.manifest)))).toBe(build.id);
    expect(build.parts.map(({ part, what }) => `${part} ${what}`)).toEqual([
      'code bundle',
      'prompts flow.yaml',
      'prompts prompts/greet.md',
      'tools tools.json',
      'data index.json',
    ]);
    expect(build.manifest.tools.permissions).toEqual({ find_slots: ['calendar:read'] });
  });
});

describe('an agent is refused', () => {
  test.each<[string, Parameters<typeof agentSource>[0], RegExp]>([
    [
      'without a prompt file that the flow names',
      { prompts: [] },
      /prompt file prompts\/greet\.md does not exist; the agent has none/,
    ],
    ['without a tool that the flow names', { tools: [] }, /tool find_slots does not exist/],
    [
      'with a schema that is none',
      {
        tools: [
          ToolDescription.parse({
            ...findSlots,
            parameters: { type: 'object', properties: { day: { type: 'text' } } },
          }),
        ],
      },
      /tools\/find_slots\.ts: parameters is not a valid JSON Schema/,
    ],
    [
      'with a keyword that nobody checks',
      { tools: [ToolDescription.parse({ ...findSlots, parameters: { type: 'object', propertys: {} } })] },
      /unknown keyword: "propertys"/,
    ],
    [
      'with six states on voice',
      {
        flow: bytesOf(
          `${flowText}${['a', 'b', 'c', 'd'].map((name) => `  ${name}: {task_messages: [{content: x}]}\n`).join('')}`,
        ),
      },
      /flow has 6 states; voice allows 5/,
    ],
    ['with a flow that is not text', { flow: new Uint8Array([0xff, 0xfe, 0x00]) }, /flow\.yaml is not UTF-8/],
  ])('%s', async (_name, changes, message) => {
    await expect(assembleRelease(agentSource(changes))).rejects.toThrow(message);
  });

  test.each([
    ['agent.yaml with an unknown key', { owner: 'x' }, /unknown key owner/],
    ['a version that YAML read as a number', { version: 1 }, /quote it in YAML.*got 1/],
    ['a floating version', { version: 'latest' }, /version: a release names exact things.*got "latest"/],
    [
      'a floating model',
      { model: { ...agentInput.model, snapshot: 'claude-latest' } },
      /model\.snapshot: a release names exact/,
    ],
    [
      'a floating speech model',
      { model: { ...agentInput.model, tts: { ...scripted, snapshot: 'latest' } } },
      /model\.tts\.snapshot: a release names/,
    ],
    [
      'a floating value deep in the parameters',
      { model: { ...agentInput.model, params: { a: [{ b: 'x:latest' }] } } },
      /model\.params\.a\[0\]\.b: a release names/,
    ],
    ['an image by tag', { image: 'registry.example/agent:1.0' }, /image: an image is named by digest/],
    ['a channel that stands twice', { channels: ['phone', 'phone'] }, /each channel stands once/],
    ['no channel', { channels: [] }, /at least one channel/],
    ['a lock on a field that no overlay has', { overlay: { locked: ['colour'] } }, /overlay\.locked\[0\]/],
    ['no budget', { budgets: undefined }, /budgets/],
  ])('for %s', (_name, changes, message) => {
    expect(() => parseOrThrow(AgentConfig, { ...agentInput, ...changes }, 'agent.yaml')).toThrow(message);
  });
});

describe('the parts of a release', () => {
  test('are read back and verified (R3)', async () => {
    const build = await assembleRelease(agentSource());
    const content = await loadRelease(build.manifest, storeOf(build));
    expect(content.flow).toBe(flowText);
    expect(content.bundle.map(({ path }) => path)).toEqual(['index.mjs', 'tools/find_slots.ts']);
    expect(content.tools.tools).toEqual([findSlots]);
  });

  test.each(['bundle', 'flow.yaml', 'prompts/greet.md', 'tools.json', 'index.json'])(
    'with one changed bit in %s refuse the release',
    async (what) => {
      const build = await assembleRelease(agentSource());
      const read = storeOf(build);
      const target = build.parts.find((part) => part.what === what);
      const tampered = async (digest: string) => {
        const bytes = Uint8Array.from(await read(digest));
        if (digest === target?.digest) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        return bytes;
      };
      await expect(loadRelease(build.manifest, tampered)).rejects.toMatchObject({
        code: 'digest-mismatch',
        message: expect.stringContaining(`${what} of appointments 1.0 should be`),
      });
    },
  );
});
