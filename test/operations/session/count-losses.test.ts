import { expect, test } from 'vitest';
import { ManualClock } from '#memory/manual-clock.ts';
import { memoryMetrics } from '#memory/metric-sink.ts';
import { countLosses } from '#operations/session/count-losses.ts';
import { RefusalCounts } from '#runtime/edge/refusal-counts.ts';
import { service } from '../../core/version-set/build.ts';

test('calls lost before hand-over are told per arm and reason, as edges publish them', async () => {
  const clock = new ManualClock();
  const metrics = memoryMetrics({ clock });
  const counts = new RefusalCounts([service]);
  const assignment = { service, arm: 'candidate' } as Parameters<RefusalCounts['count']>[0]['assignment'];
  for (const reason of ['busy', 'busy', 'gone'] as const) counts.count({ assignment, reason, served: false });
  counts.count({ assignment: { ...assignment, arm: 'stable' }, reason: 'no-host', served: false });
  await metrics.publish(counts.take(), new Date(clock.now()));
  const at = (ms: number) => new Date(clock.now() + ms).toISOString();
  expect(await countLosses({ metrics }, { service, from: at(-60_000), to: at(1_000) })).toEqual([
    { arm: 'stable', reason: 'no-host', calls: 1 },
    { arm: 'candidate', reason: 'busy', calls: 2 },
    { arm: 'candidate', reason: 'gone', calls: 1 },
  ]);
  expect(await countLosses({ metrics }, { service, from: at(1_000), to: at(2_000) })).toEqual([]);
});
