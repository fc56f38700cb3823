import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readScenarios } from '#callers/scenario.ts';
import { buildRelease, type FolderBuild } from '#cli/agent/build-release.ts';
import { parseFlow } from '#core/flow/flow.ts';
import { functionsOf } from '#core/flow/machine.ts';
import { effectiveConfig } from '#core/overlay/effective-config.ts';
import { Overlay } from '#core/overlay/overlay.ts';
import { parseYamlAs } from '#core/parse-yaml.ts';
import { loadRelease } from '#core/release/content.ts';
import { EvalSuite } from '#core/release/eval-suite.ts';
import { type Copy, emptyFolder } from './agent-copy.ts';
import { type Agent, agentOf, talk } from './talk.ts';

const folder = fileURLToPath(new URL('../../examples/parcel-desk', import.meta.url));
const read = (file: string) => readFile(join(folder, file), 'utf8');
const scenarios = await readScenarios(join(folder, 'callers'));
const evals = parseYamlAs(EvalSuite, await read('evals/parcels.yaml'), 'evals').cases;
const monday = new Date(Date.UTC(2027, 5, 7, 15));

const copyOf = async (): Promise<Copy> => {
  const copy = await emptyFolder();
  await cp(folder, copy.path, { recursive: true });
  return copy;
};

let build: FolderBuild;
let agent: Agent;
beforeAll(async () => {
  build = await buildRelease(folder);
  await using copy = await copyOf();
  agent = await agentOf(copy);
});
afterAll(() => agent[Symbol.asyncDispose]());

describe('the parcel desk', () => {
  test('builds as a text service without a warning, and has one id wherever it lies', async () => {
    await using copy = await copyOf();
    expect(build.warnings).toEqual([]);
    expect(build.manifest).toMatchObject({ service: 'parcel-desk', tier: 'text', channels: ['sms', 'web-chat'] });
    expect(Object.keys(build.manifest.tools.permissions)).toHaveLength(5);
    expect((await buildRelease(copy.path)).id).toBe(build.id);
  });

  test('uses what the text tier has and voice has not: more than five states, a next state chosen at run time', async () => {
    await using voice = await copyOf();
    await voice.replace('agent.yaml', 'tier: text', 'tier: voice');
    const refusal = await buildRelease(voice.path).catch((error: unknown) => String(error));
    expect(refusal).toContain('flow has 10 states; voice allows 5');
    expect(refusal).toContain('function track_parcel of ask chooses its next state at run time (dynamic_next)');
  });

  test.each(scenarios.map((scenario) => [scenario.name, scenario] as const))(
    'serves the caller %s',
    async (_name, { utterances, expect: wanted }) => {
      const { outcome } = await talk(
        agent,
        utterances.map(({ say }) => say),
        monday,
      );
      expect(outcome).toBe(wanted);
    },
  );

  test.each(evals.map((one) => [one.name, one] as const))('passes its own eval: %s', async (_name, one) => {
    const { outcome, calls, said } = await talk(agent, one.caller, monday);
    const { outcome: wanted, calls: wantedCalls = calls, says = [] } = one.expect;
    expect({ outcome, calls }).toEqual({ outcome: wanted, calls: wantedCalls });
    expect(says.filter((text) => !said.join(' ').includes(text))).toEqual([]);
  });

  test('asks again when a part of town or a pickup point is unclear', async () => {
    const { said, outcome } = await talk(
      agent,
      ['PD330025', 'yes', 'the airport', 'station', 'the bakery', 'the first'],
      monday,
    );
    expect(outcome).toBe('open');
    expect(said).toContain(
      'There is none in airport. We have pickup points at the harbor, in the old town, and at the station.',
    );
    expect(said.at(-2)).toBe('Please choose one of the kiosk on platform 1 or the flower shop in the hall.');
    expect(said.at(-1)).toContain('PD330025 goes to the kiosk on platform 1 and is there from Wednesday, 9 June.');
  });

  test('every state that a tool may choose exists and can be left', async () => {
    const bytes = new Map<string, Uint8Array>(build.parts.map((part) => [part.digest, part.bytes]));
    const flow = parseFlow((await loadRelease(build.manifest, async (digest) => bytes.get(digest)!)).flow);
    for (const state of ['on_the_way', 'held', 'delivered']) {
      expect(functionsOf(flow, state).map(({ name }) => name)).toEqual(
        expect.arrayContaining(['track_parcel', 'finish']),
      );
    }
  });

  test('takes its reference overlays', async () => {
    const files = await readdir(join(folder, 'overlays'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const overlay = parseYamlAs(Overlay, await read(`overlays/${file}`), file);
      const merge = effectiveConfig({ ...build.manifest, functions: [] }, overlay);
      expect(merge).toMatchObject({ kind: 'merged', config: { businessRules: { claimAfterDays: 4, holdDays: 14 } } });
    }
  });
});
