import { createAnalysis } from '#core/canary/analysis.ts';
import { type CallOutcome, momentMs, parseOutcomes } from '#core/canary/outcome.ts';
import { planByName } from '#core/canary/plans.ts';
import { seededRandom } from '#core/canary/seeded-random.ts';
import { type Bench, reportedRow, targetRow } from './harness.ts';

const calls = 100_000;
const steps = 20_000;
const startMs = Date.parse('2026-01-05T08:00:00Z');

/** Calls of a day, equal arms, every field filled in. */
const lines = (): string => {
  const random = seededRandom(1);
  return Array.from({ length: calls }, (_, index) => {
    const startedMs = startMs + index * 800;
    const failed = random() < 0.05;
    const call: CallOutcome = {
      startedAt: new Date(startedMs).toISOString(),
      endedAt: new Date(startedMs + 20_000 + Math.floor(200_000 * random())).toISOString(),
      callerId: `caller-${index}`,
      arm: random() < 0.05 ? 'candidate' : 'stable',
      weightPercent: 5,
      outcome: failed ? 'failed' : 'completed',
      ...(failed ? { errorClass: 'tool' } : {}),
      escalated: random() < 0.1,
      costUsd: 0.05 + 0.2 * random(),
      turns: 12,
      slowTurns: random() < 0.1 ? 2 : 0,
    };
    return JSON.stringify(call);
  }).join('\n');
};

/** How fast a verdict is recomputed from scratch, and how fast the next call is taken, with every guardrail deciding. */
export const bench: Bench = {
  name: 'analysis-speed',
  describe: 'time to recompute 100,000 outcomes and to take one more',
  run({ progress }) {
    const text = lines();
    const endMs = startMs + calls * 800 + 3_600_000;
    const rounds = Array.from({ length: 3 }, (_, round) => {
      progress(round, 4, 'recompute');
      return recompute(text, endMs);
    }).sort((one, other) => one.allMs - other.allMs);
    const middle = rounds[1];
    progress(3, 4, 'incremental');
    const times = incrementalTimes(parseOutcomes(text).calls.slice(0, steps));
    progress(4, 4, 'done');
    const sum = times.reduce((total, time) => total + time, 0);
    return Promise.resolve([
      targetRow('100,000 outcomes, ndjson to verdict, median of 3', 's', (middle?.allMs ?? Infinity) / 1_000, '<=', 2),
      reportedRow('of that, the analysis', 's', (middle?.analysisMs ?? Infinity) / 1_000),
      targetRow('calls used', 'calls', middle?.used ?? 0, '>=', calls),
      targetRow('incremental step, mean', 'µs', (1_000 * sum) / times.length, '<=', 100),
      targetRow('incremental step, p99', 'µs', 1_000 * (times[Math.floor(times.length * 0.99)] ?? Infinity), '<=', 100),
    ]);
  },
};

const recompute = (text: string, endMs: number): { allMs: number; analysisMs: number; used: number } => {
  const startedAt = performance.now();
  const parsed = parseOutcomes(text).calls;
  const parsedAt = performance.now();
  const analysis = createAnalysis(planByName('standard'));
  for (const call of parsed) analysis.observe(call);
  const { used } = analysis.verdict(endMs).calls;
  const endedAt = performance.now();
  return { allMs: endedAt - startedAt, analysisMs: endedAt - parsedAt, used };
};

/** Sorted times in milliseconds of taking one ended call and giving the verdict. */
const incrementalTimes = (parsed: readonly CallOutcome[]): number[] => {
  const analysis = createAnalysis(planByName('standard'));
  return parsed
    .map((call) => {
      const startedAt = performance.now();
      analysis.observe(call);
      analysis.verdict(momentMs(call.endedAt));
      return performance.now() - startedAt;
    })
    .sort((one, other) => one - other);
};
