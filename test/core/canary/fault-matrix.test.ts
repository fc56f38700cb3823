import { describe, expect, test } from 'vitest';
import { createAnalysis } from '#core/canary/analysis.ts';
import { type CallOutcome, momentMs } from '#core/canary/outcome.ts';
import { planByName } from '#core/canary/plans.ts';
import { type NextAction, exposureLeaseSeconds, nextAction, testedSteps } from '#core/canary/progress.ts';
import { effectiveWeight } from '#core/version-set/effective-weight.ts';
import { Candidate } from '#core/version-set/head.ts';
import { minute, startMs, stillOpen, traffic } from './calls.ts';

const plan = { ...planByName('cautious'), guardrails: planByName('blue-green').guardrails };
const evidenceDeadlineMs = plan.evidenceDeadlineMinutes * minute;

/** Calls of the hour before `untilMs`, at the weight of the state under test. */
const calls = (weightPercent: number, candidateRate = 0.05): CallOutcome[] =>
  traffic({ calls: 900, weightPercent, stableRate: 0.05, candidateRate, seed: 7 });
const lastMs = (records: readonly CallOutcome[]): number =>
  Math.max(...records.map((call) => momentMs(call.endedAt))) + 5_000;

interface Fault {
  readonly name: string;
  /** Records as they reach the analysis, and the moment of the look. */
  readonly deliver: (clean: readonly CallOutcome[]) => { records: readonly CallOutcome[]; nowMs: number };
  readonly verdict: 'as without the fault' | 'unknown';
}

const faults: readonly Fault[] = [
  {
    name: 'no data at all',
    deliver: () => ({ records: [], nowMs: startMs + evidenceDeadlineMs + minute }),
    verdict: 'unknown',
  },
  {
    name: 'data that stops',
    deliver: (clean) => ({ records: clean, nowMs: lastMs(clean) + evidenceDeadlineMs + minute }),
    verdict: 'unknown',
  },
  {
    name: 'only start rows arrive, then nothing',
    deliver: (clean) => ({ records: clean.map(stillOpen), nowMs: lastMs(clean) + 2 * evidenceDeadlineMs }),
    verdict: 'unknown',
  },
  {
    name: 'contradictory records of one call',
    deliver: (clean) => {
      const first = clean[0];
      const twin = first
        ? [{ ...first, outcome: first.outcome === 'failed' ? ('completed' as const) : ('failed' as const) }]
        : [];
      return { records: [...clean, ...twin], nowMs: lastMs(clean) };
    },
    verdict: 'unknown',
  },
  {
    name: 'every record twice',
    deliver: (clean) => ({ records: clean.flatMap((call) => [call, call]), nowMs: lastMs(clean) }),
    verdict: 'as without the fault',
  },
  {
    name: 'records in reverse order',
    deliver: (clean) => ({ records: clean.toReversed(), nowMs: lastMs(clean) }),
    verdict: 'as without the fault',
  },
  {
    name: 'a tenth of the records an hour late, after looks without them',
    deliver: (clean) => {
      const late = clean.filter((_, index) => index % 10 === 0);
      return { records: [...clean.filter((_, index) => index % 10 !== 0), ...late], nowMs: lastMs(clean) };
    },
    verdict: 'as without the fault',
  },
  {
    name: 'a host whose clock is an hour ahead',
    deliver: (clean) => ({
      records: [
        ...clean,
        ...clean.slice(0, 20).map((call, index) => ({
          ...stillOpen(call),
          startedAt: new Date(lastMs(clean) + 60 * minute + index).toISOString(),
          callerId: `ahead-${index}`,
          sessionId: `ahead-${index}`,
        })),
      ],
      nowMs: lastMs(clean),
    }),
    verdict: 'as without the fault',
  },
];

const states = testedSteps(plan).map((step) => step.weightPercent);
const matrix = faults.flatMap((fault) => states.map((weightPercent) => ({ ...fault, weightPercent })));

/** The same calls without a fault, judged once per weight. */
const sound = new Map(
  states.map((weightPercent) => {
    const clean = calls(weightPercent);
    const analysis = createAnalysis(plan, { sinceMs: startMs });
    clean.forEach((call) => analysis.observe(call));
    return [weightPercent, { clean, without: analysis.verdict(lastMs(clean)) }];
  }),
);
const soundAt = (weightPercent: number) => {
  const found = sound.get(weightPercent);
  if (!found) throw new Error(`${weightPercent} % is no step of the plan`);
  return found;
};

const actAt = (
  weightPercent: number,
  verdict: ReturnType<ReturnType<typeof createAnalysis>['verdict']>,
  unknownMs: number,
): NextAction =>
  nextAction(plan, {
    weightPercent,
    secondsAtWeight: 3_700 + unknownMs / 1_000,
    secondsSinceStart: 8_000,
    verdict,
  });

describe('fault × state of the promotion', () => {
  test.each(matrix)('$name at $weightPercent %: $verdict', ({ deliver, verdict: expected, weightPercent }) => {
    const { clean, without } = soundAt(weightPercent);
    const { records, nowMs } = deliver(clean);
    const analysis = createAnalysis(plan, { sinceMs: startMs });
    records.forEach((record, index) => {
      analysis.observe(record);
      // The loop looks now and then, also before late records have come.
      if (index % 97 === 0) analysis.verdict(Math.min(nowMs, momentMs(record.startedAt)));
    });
    const seen = analysis.verdict(nowMs);

    expect(seen.verdict).toBe(expected === 'unknown' ? 'unknown' : without.verdict);
    const frozen = actAt(weightPercent, seen, 1_000);
    const later = actAt(weightPercent, seen, 10 * evidenceDeadlineMs);
    const kinds = expected === 'unknown' ? [frozen.kind, later.kind] : [];
    expect(kinds).toEqual(expected === 'unknown' ? ['freeze', 'freeze'] : []);
    expect(expected === 'unknown' ? without.metrics : seen.metrics).toEqual(without.metrics);
  });

  test.each(states)(
    'an evaluator that is dead at %d %: the lease runs out and edges step down on their own',
    (weightPercent) => {
      const untilMs = startMs + exposureLeaseSeconds(plan) * 1_000;
      const candidate = Candidate.parse({
        release: '0'.repeat(64),
        promotionId: '1'.repeat(32),
        weightPercent,
        startedAt: new Date(startMs).toISOString(),
        exposureUntil: new Date(untilMs).toISOString(),
        fallbackWeightPercent: 0,
      });
      const weightAt = (nowMs: number): number => effectiveWeight({ candidate }, nowMs);
      expect(weightAt(untilMs - 1)).toBe(weightPercent);
      expect(weightAt(untilMs + 1)).toBe(0);
    },
  );

  test.each(states)('invariant 5: lost outcomes at %d %% never look like success', (weightPercent) => {
    const many = traffic({ calls: 10_000, weightPercent, stableRate: 0.01, candidateRate: 0.01, seed: 3 });
    const verdictOf = (records: readonly CallOutcome[]): string => {
      const analysis = createAnalysis(plan, { sinceMs: startMs });
      records.forEach((call) => analysis.observe(call));
      return analysis.verdict(lastMs(many)).verdict;
    };
    expect(verdictOf(many.map((call) => (call.arm === 'candidate' ? stillOpen(call) : call)))).toBe('unknown');
    expect(verdictOf(many.map(stillOpen))).toBe('unknown');
    expect(verdictOf(many)).not.toBe('unknown');
  });
});
