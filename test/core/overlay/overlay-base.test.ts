import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { buildRelease } from '#cli/agent/build-release.ts';
import { parseFlow } from '#core/flow/flow.ts';
import { overlayBaseOf } from '#core/overlay/overlay-base.ts';
import { clinic } from '../../examples/agent-copy.ts';

test('overlays are merged with the model, the controls and every function of the flow, each once', async () => {
  const { manifest } = await buildRelease(clinic);
  const flow = parseFlow(await readFile(`${clinic}/flow.yaml`, 'utf8'));
  const base = overlayBaseOf(manifest, flow);
  expect(base).toMatchObject({ model: manifest.model, controls: manifest.controls });
  const offered = [...Object.values(flow.nodes), { functions: flow.global_functions }].flatMap((node) =>
    node.functions.map(({ name }) => name),
  );
  expect(offered.length).toBeGreaterThan(0);
  expect(base.functions.toSorted()).toEqual([...new Set(offered)].toSorted());
});
