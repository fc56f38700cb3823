import { describe, expect, test } from 'vitest';
import type { Overlay } from '#core/overlay/overlay.ts';
import { parseFlow } from '#core/flow/flow.ts';
import { CustomerId } from '#core/words/names.ts';
import type { PreparedRelease } from '#runtime/agent/ipc.ts';
import { sessionConfigs } from '#runtime/host/session-configs.ts';
import { memoryLog } from '../support/fakes.ts';
import { customerId } from '../support/heads.ts';
import { tinyRelease } from '../support/release.ts';
import { ManualClock } from '#memory/manual-clock.ts';

const setUp = async () => {
  const build = await tinyRelease();
  const part = build.parts.find(({ what }) => what === 'flow.yaml');
  const flow = parseFlow(new TextDecoder().decode(part?.bytes));
  const release: PreparedRelease = { releaseId: build.id, manifest: build.manifest, flow, prompts: {}, tools: [] };
  const clock = new ManualClock();
  const overlays = new Map<string, { version: number; overlay: Overlay }>();
  const table = { down: false };
  const { log, lines } = memoryLog(clock.now);
  const configs = sessionConfigs({
    release,
    clock,
    log,
    readOverlay: async (customerId) => {
      if (table.down) throw new Error('the table cannot be reached');
      return overlays.get(customerId);
    },
  });
  return { configs, overlays, table, lines };
};

describe('the configuration of a session', () => {
  test('is the release itself for a customer without an overlay', async () => {
    const { configs } = await setUp();
    const config = await configs.resolve(customerId);
    expect(config.overlayVersion).toBe(0);
    expect(config.effective.functions).toEqual(['book', 'hang_up']);
    expect(config.providers.llm).toMatchObject({ name: 'scripted', params: { fallback: expect.any(String) } });
  });

  test('is read anew for each session (O4), with its version and digest', async () => {
    const { configs, overlays } = await setUp();
    const before = await configs.resolve(customerId);
    overlays.set(customerId, { version: 3, overlay: { schemaVersion: 1, functionAllowlist: ['hang_up'] } });
    const after = await configs.resolve(customerId);
    expect(after.overlayVersion).toBe(3);
    expect(after.effective.functions).toEqual(['hang_up']);
    expect(after.configDigest).not.toBe(before.configDigest);
  });

  test('while the table is down, a known customer keeps its overlay and an unknown one is refused', async () => {
    const { configs, overlays, table, lines } = await setUp();
    overlays.set(customerId, { version: 3, overlay: { schemaVersion: 1, functionAllowlist: ['hang_up'] } });
    await configs.resolve(customerId);
    table.down = true;
    expect((await configs.resolve(customerId)).effective.functions).toEqual(['hang_up']);
    expect(lines.at(-1)).toMatchObject({ event: 'overlay-from-memory', customer_id: 'harbor' });
    await expect(configs.resolve(CustomerId.parse('stranger'))).rejects.toThrow('cannot be reached');
  });

  test('an overlay that does not fit is refused by the name of its field (O3)', async () => {
    const { configs, overlays } = await setUp();
    overlays.set(customerId, { version: 1, overlay: { schemaVersion: 1, functionAllowlist: ['fly'] } });
    await expect(configs.resolve(customerId)).rejects.toThrow('functionAllowlist: function fly does not exist');
  });
});
