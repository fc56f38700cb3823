import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAnalysis } from '#core/canary/analysis.ts';
import { outcomeOfSession } from '#core/promotion/outcome-of-session.ts';
import { seededRandom } from '#core/canary/seeded-random.ts';
import { memoryJudgeStates } from '#memory/judge-state-store.ts';
import { memorySessionStore } from '#memory/session-store.ts';
import { canaryComparison } from '#operations/canary/comparison.ts';
import { judge, type JudgePorts, type Judgement } from '#operations/canary/judge.ts';
import { productionSet, promotion, service } from '../../core/version-set/build.ts';
import { aPlan, startMs } from '../fake-org.ts';
import { callStream, changeOf, type StreamOptions } from './call-stream.ts';

const windowMs = 60_000;
const plan = aPlan({
  evidenceDeadlineMinutes: 30,
  horizons: [
    { seconds: 5, weight: 0.1 },
    { seconds: 20, weight: 0.2 },
  ],
  windowWeight: 0.7,
});
const services = [{ name: service, baselineErrorRate: 0.05, expectedCallsPerMinute: 60 }];
const place = { service, set: productionSet };
const comparison = canaryComparison(
  place,
  { promotionId: promotion('p'), startedAt: new Date(startMs).toISOString() },
  plan,
  services,
);

const openWorld = (indexLagMs = 0) => {
  const time = { nowMs: startMs };
  const clock = { now: () => time.nowMs, after: () => () => undefined };
  const sessions = memorySessionStore({ clock, indexLagMs });
  const judgeStates = memoryJudgeStates({ clock });
  const logged: { readonly event: string; readonly fields: unknown }[] = [];
  const write = (event: string, fields?: unknown) => void logged.push({ event, fields });
  const ports: JudgePorts = {
    calls: sessions.calls,
    judgeStates,
    clock,
    log: { info: write, warn: write, error: write },
  };
  /** One analysis over everything that is stored. */
  const recomputed = () => {
    const options = { baseline: comparison.baseline, sinceMs: startMs, distinctCallers: true };
    const analysis = createAnalysis(plan, options);
    for (const record of sessions.records.all()) {
      const call = outcomeOfSession(record, comparison.id);
      if (call) analysis.observe(call);
    }
    return { verdict: analysis.verdict(time.nowMs), digest: analysis.digest(time.nowMs) };
  };
  const numbersOf = ({ verdict, analysis }: Judgement) => ({ verdict, digest: analysis.digest(time.nowMs) });
  return { time, sessions, judgeStates, logged, ports, recomputed, numbersOf };
};

/** Plays a stream to two judges: each change comes to one of them, now and then one starts anew, and now and then one only looks. */
const play = async (
  options: StreamOptions,
  { lagMs, restarts, looks }: { readonly lagMs: number; readonly restarts: number; readonly looks: number },
) => {
  const world = openWorld(lagMs);
  const { time, sessions, ports } = world;
  const random = seededRandom(options.seed + 1);
  const judges = [judge(ports), judge(ports)];
  for (const write of callStream(options)) {
    time.nowMs = Math.max(time.nowMs, write.atMs);
    await write.apply(sessions);
    const which = random() < 0.5 ? 0 : 1;
    if (random() < restarts) judges[which] = judge(ports);
    const changes = random() < 0.9 ? changeOf(sessions, write.sessionId) : [];
    await judges[which]?.(comparison, { kind: 'outcomes', changes });
    if (random() >= looks) continue;
    const looked = world.numbersOf((await judges[which]?.(comparison, { kind: 'look' }))!);
    if (lagMs === 0) expect(looked).toEqual(world.recomputed());
  }
  time.nowMs += windowMs + 30_000;
  return { ...world, judges };
};

describe('the one judge', () => {
  test('gives to the last digit what one analysis over all records gives, through restarts and two judges at once', async () => {
    const world = fc.record({
      seed: fc.nat(100_000),
      candidateRate: fc.constantFrom(0.05, 0.12, 0.4),
      lagMs: fc.constantFrom(0, 0, 900),
      restarts: fc.constantFrom(0, 0.002, 0.02),
    });
    await fc.assert(
      fc.asyncProperty(world, async ({ seed, candidateRate, lagMs, restarts }) => {
        const options = { calls: 900, seed, candidateRate, windowMs };
        const { judges, recomputed, numbersOf } = await play(options, { lagMs, restarts, looks: 0.02 });
        const expected = recomputed();
        for (const one of judges) expect(numbersOf(await one(comparison, { kind: 'look' }))).toEqual(expected);
      }),
      { numRuns: 12 },
    );
  }, 120_000);
});
