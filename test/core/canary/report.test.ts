import { describe, expect, test } from 'vitest';
import { createAnalysis } from '#core/canary/analysis.ts';
import { type DecisionRecord, decisionRecord } from '#core/canary/decision.ts';
import { momentMs } from '#core/canary/outcome.ts';
import { planByName, shippedPlans } from '#core/canary/plans.ts';
import { apart, roundTicks } from '#core/canary/report/chart.ts';
import { renderReport } from '#core/canary/report/render-report.ts';
import { startMs, traffic } from './calls.ts';

const decide = (plan: string, calls: ReturnType<typeof traffic>): DecisionRecord => {
  const analysis = createAnalysis(planByName(plan), { sinceMs: startMs });
  calls.forEach((call) => analysis.observe(call));
  const endMs = calls.reduce((latest, call) => Math.max(latest, momentMs(call.endedAt)), startMs);
  return decisionRecord(planByName(plan), analysis, analysis.verdict(endMs));
};

const worse = decide(
  'standard',
  traffic({ calls: 2_000, weightPercent: 10, stableRate: 0.04, candidateRate: 0.2, seed: 1 }),
);

describe('the report of a decision', () => {
  test('is one page that needs nothing else: no script, no address', () => {
    const page = renderReport({ decision: worse, title: 'appointments 1.4.2' });
    expect(page).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    expect(page).not.toMatch(/https?:|<script|<link|<img|url\(|@import/);
    expect(page.length).toBeLessThan(200_000);
  });

  test('says the verdict in its sentence and draws rates, evidence and exposure', () => {
    const page = renderReport({ decision: worse });
    expect(page).toContain('<span class="badge abort">abort</span>');
    expect(page).toContain('worse by more than 2 points, evidence 20:1.');
    for (const heading of ['Rates over time', 'Evidence', 'Exposure', 'Guardrails', 'The record'])
      expect(page).toContain(`<h2>${heading}</h2>`);
    expect(page.match(/<svg /g)).toHaveLength(7);
    expect(page).toContain(worse.outcomesDigest);
  });

  test('shows the diff of the parts when it is given it', () => {
    const page = renderReport({
      decision: worse,
      diff: [{ part: 'prompts', changed: true, summary: '1 file', lines: ['-old', '+new'] }],
    });
    expect(page).toContain('<span class="add">+new</span>');
    expect(renderReport({ decision: worse })).not.toContain('What changed');
  });

  test('names the arms of a comparison after a promotion: stable is in question, last-good what it is compared with', () => {
    const page = renderReport({ decision: { ...worse, comparison: 'holdback' } });
    expect(page).toMatch(/Stable fails [\d,]+ of [\d,]+ calls[^,]*, last-good [\d,]+ of [\d,]+: worse/);
    expect(page).toContain('<th>last-good</th><th>stable</th>');
    expect(page).toContain('Share of new callers that met stable.');
    expect(page).not.toContain('>candidate<');
  });

  test('takes text as text: nothing of a title, fact or diff becomes markup', () => {
    const evil = '"><script>alert(1)</script>';
    const page = renderReport({
      decision: worse,
      title: evil,
      facts: [{ label: evil, value: evil }],
      diff: [{ part: evil, changed: true, summary: evil, lines: [evil] }],
    });
    expect(page).not.toContain('<script>');
  });

  test.each([...shippedPlans.keys()])('can be drawn for plan %s without a call, with one, and with many', (plan) => {
    const weightPercent = plan === 'blue-green' ? 90 : 30;
    for (const calls of [0, 1, 2, 400]) {
      const decision = decide(plan, traffic({ calls, weightPercent, stableRate: 0.05, candidateRate: 0.05, seed: 2 }));
      expect(renderReport({ decision })).not.toMatch(/NaN|Infinity|undefined/);
    }
  });
});

describe('chart details', () => {
  test('ticks are round and reach the largest value', () => {
    expect(roundTicks(0.23)).toEqual([0, 0.1, 0.2, 0.30000000000000004]);
    expect(roundTicks(9)).toEqual([0, 5, 10]);
  });

  test('labels that would overlap move apart evenly', () => {
    expect(apart(100, 104)).toEqual([95, 109]);
    expect(apart(100, 150)).toEqual([100, 150]);
  });
});
