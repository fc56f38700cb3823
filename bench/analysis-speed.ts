import { createAnalysis } from '#core/canary/analysis.ts';
import { type CallOutcome, momentMs, parseOutcomes } from '#core/canary/outcome.ts';
import { planByName } from '#core/canary/plans.ts';
import { seededRandom } from '#core/canary/seeded-random.ts';
import { type Bench, reportedRow, targetRow } from './harness.ts';

const calls = 100_000;
const steps = 20_000;
const rounds = 5;
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
      ...(failed && { errorClass: 'tool' }),
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
  run({ progress }) {
    const text = lines();
    const endMs = startMs + calls * 800 + 3_600_000;
    // The fastest round is the one that other programs disturbed least.
    const fastest = <T>(label: string, from: number, run: () => T, ms: (result: T) => number): T => {
      const results = Array.from({ length: rounds }, (_, round) => {
        progress(from + round, 2 * rounds, label);
        return run();
      });
      return results.reduce((best, next) => (ms(next) < ms(best) ? next : best));
    };
    const whole = fastest(
      'recompute',
      0,
      () => recompute(text, endMs),
      ({ allMs }) => allMs,
    );
    const some = parseOutcomes(text).calls.slice(0, steps);
    const step = fastest(
      'incremental',
      rounds,
      () => incremental(some),
      ({ meanMs }) => meanMs,
    );
    progress(2 * rounds, 2 * rounds, 'done');
    return Promise.resolve([
      targetRow('100,000 outcomes, ndjson to verdict', 's', whole.allMs / 1_000, '<=', 2),
      reportedRow('of that, the analysis', 's', whole.analysisMs / 1_000),
      targetRow('calls used', 'calls', whole.used, '>=', calls),
      targetRow('incremental step, mean', 'µs', 1_000 * step.meanMs, '<=', 100),
      targetRow('incremental step, p99', 'µs', 1_000 * step.p99Ms, '<=', 100),
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

/** Taking one ended call and giving the verdict, `steps` times. */
const incremental = (some: readonly CallOutcome[]): { meanMs: number; p99Ms: number } => {
  const analysis = createAnalysis(planByName('standard'));
  const times = some.map((call) => {
    const startedAt = performance.now();
    analysis.observe(call);
    analysis.verdict(momentMs(call.endedAt));
    return performance.now() - startedAt;
  });
  const sum = times.reduce((total, time) => total + time, 0);
  times.sort((one, other) => one - other);
  return { meanMs: sum / times.length, p99Ms: times[Math.floor(times.length * 0.99)] ?? Infinity };
};
