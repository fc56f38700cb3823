import { gzipSync } from 'node:zlib';
import { mostCallsPerMinute } from '#core/canary/judge-capacity.ts';
import { planByName } from '#core/canary/plans.ts';
import type { Verdict } from '#core/canary/verdict.ts';
import { PromotionId } from '#core/words/ids.ts';
import { ServiceName, SetName } from '#core/words/names.ts';
import { memoryJudgeStates } from '#memory/judge-state-store.ts';
import { canaryComparison } from '#operations/canary/comparison.ts';
import { judge, type JudgePorts } from '#operations/canary/judge.ts';
import { type Bench, type BenchContext, reportedRow, targetRow } from './harness.ts';
import { endlessCalls } from './judge/endless-calls.ts';

const hours = 24;
const perSecond = mostCallsPerMinute / 60;
const startMs = Date.parse('2026-01-05T08:00:00Z');
/** Looks of the warm-up; a real judge looks more often, with the same result. */
const lookEveryMs = 300_000;
/** Outcomes that come one by one to the judge that has a day behind it. */
const outcomes = 3_000;

/** How long the judge takes on a service with as many calls as a plan is allowed to be for, when a day of them lies behind it. */
export const bench: Bench = {
  name: 'judge-scale',
  async run({ progress, signal }) {
    const world = openWorld();
    const warm = judge(world.ports);
    await warmUp(world, warm, { progress, signal });
    const heldMb = process.memoryUsage().heapUsed / 1e6;

    world.endless.readFromItems();
    const warmReads = world.endless.reads();
    const beganMs = world.time.nowMs;
    const times: number[] = [];
    for (let count = 0; count < outcomes; count += 1) {
      world.time.nowMs += 1_000 / perSecond;
      // One that started about three minutes ago and has ended.
      const index = Math.floor((world.time.nowMs - startMs) / 1_000) * perSecond - 40_000 + count;
      const changes = [world.endless.record(index, world.time.nowMs)];
      times.push(await timed(() => warm(world.comparison, { kind: 'outcomes', changes })));
    }
    const seconds = (world.time.nowMs - beganMs) / 1_000;
    const recordsPerSecond = (world.endless.reads() - warmReads) / seconds;

    const { verdict } = await warm(world.comparison, { kind: 'look' });
    const coldReads = world.endless.reads();
    let cold: Verdict | undefined;
    const coldMs = await timed(async () => {
      cold = (await judge(world.ports)(world.comparison, { kind: 'look' })).verdict;
    });
    const state = (await world.ports.judgeStates.read(world.comparison.id))?.state;
    progress(1, 1, 'done');
    times.sort((one, other) => one - other);
    return [
      targetRow('one more outcome after 24 h, p50', 'ms', at(times, 0.5), '<=', 50),
      targetRow('the same, p99', 'ms', at(times, 0.99), '<=', 50),
      reportedRow(
        'the same, longest: settled calls are let go and the state is kept, once a minute',
        'ms',
        at(times, 1),
      ),
      reportedRow('records read per second meanwhile', '1/s', recordsPerSecond),
      targetRow('a new process with the kept state, first verdict', 's', coldMs / 1_000, '<=', 5),
      reportedRow('records that it reads', 'records', world.endless.reads() - coldReads),
      targetRow('verdicts of the two that differ', 'verdicts', Number(differ(cold, verdict)), '<=', 0),
      // All but those of the last W, which may be held by one that is open.
      targetRow('calls judged', 'calls', verdict.calls.used, '>=', (hours * 3_600 - 600) * perSecond),
      reportedRow('kept state, compressed', 'KB', gzipSync(JSON.stringify(state)).byteLength / 1_000),
      reportedRow('heap after 24 h', 'MB', heldMb),
    ];
  },
};

const openWorld = () => {
  const time = { nowMs: startMs };
  const clock = { now: () => time.nowMs, after: () => () => undefined };
  const service = ServiceName.parse('appointments');
  const comparison = canaryComparison(
    { service, set: SetName.parse('release') },
    { promotionId: PromotionId.parse('0'.repeat(32)), startedAt: new Date(startMs).toISOString() },
    planByName('standard'),
    [{ name: service, baselineErrorRate: 0.05, expectedCallsPerMinute: mostCallsPerMinute }],
  );
  const endless = endlessCalls({ comparison, perSecond, clock });
  const quiet = () => undefined;
  const ports: JudgePorts = {
    calls: endless.calls,
    judgeStates: memoryJudgeStates({ clock }),
    clock,
    log: { info: quiet, warn: quiet, error: quiet },
  };
  return { time, comparison, endless, ports };
};

const warmUp = async (
  { time, comparison }: ReturnType<typeof openWorld>,
  warm: ReturnType<typeof judge>,
  { progress, signal }: Pick<BenchContext, 'progress' | 'signal'>,
): Promise<void> => {
  const looks = (hours * 3_600_000) / lookEveryMs;
  for (let look = 1; look <= looks; look += 1) {
    signal.throwIfAborted();
    time.nowMs = startMs + look * lookEveryMs;
    await warm(comparison, { kind: 'look' });
    if (look % 15 === 0) progress(look, looks, `${Math.floor((look * lookEveryMs) / 3_600_000)} h of calls`);
  }
};

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

const differ = (one: Verdict | undefined, other: Verdict): boolean => JSON.stringify(one) !== JSON.stringify(other);
