import { describe, expect, test } from 'vitest';
import { createAnalysis } from '#core/canary/analysis.ts';
import { decisionRecord } from '#core/canary/decision.ts';
import { renderPage } from '#core/promotion/page.ts';
import { traffic, startMs } from '../canary/calls.ts';
import { release } from '../version-set/build.ts';
import { aPromotion } from '../../operations/fake-org.ts';

const promotion = aPromotion();
const decided = () => {
  const analysis = createAnalysis(promotion.plan, { sinceMs: startMs });
  for (const call of traffic({ calls: 400, weightPercent: 50, stableRate: 0.05, candidateRate: 0.6, seed: 3 }))
    analysis.observe(call);
  const verdict = analysis.verdict(startMs + 3_600_000);
  return decisionRecord(promotion.plan, analysis, verdict, {});
};
const facts = {
  kind: 'aborted',
  promotion,
  reason: 'candidate fails more',
  by: 'lambda:weigh-outcome',
  at: '2027-01-04T12:00:00.000Z',
  quarantined: true,
  stable: { version: '1.0', release: release('a') },
} as const;

describe('a page', () => {
  test('says verdict, numbers, evidence, example calls, what changed and what to do', () => {
    const record = decided();
    const { subject, body } = renderPage({ ...facts, decision: record, diff: 'the store did not answer' });
    expect(subject).toBe('[acme-test] appointments 1.1 aborted on release');
    expect(body).toContain('candidate fails more');
    expect(body).toContain('New calls are on 1.0 (');
    expect(body).toContain('is quarantined');
    expect(body).toContain(`Verdict: abort at ${record.verdict.at}`);
    expect(body).toMatch(/E = [\d,]+:1 for worse/);
    expect(body).toMatch(/errorRate: candidate fails \d+ of \d+ calls, stable \d+ of \d+/);
    for (const id of record.verdict.exampleCallIds) expect(body).toContain(id);
    expect(body).toContain('What changed could not be read: the store did not answer');
    expect(body).toContain(`lastgood why ${promotion.promotionId} --org acme-test`);
  });

  test('is whole without a decision, a diff and an incumbent', () => {
    const { stable: _stable, ...first } = facts;
    const { body } = renderPage({ ...first, kind: 'refused', quarantined: false });
    expect(body).toContain('The set has no release.');
    expect(body).not.toContain('Verdict:');
    expect(body).not.toContain('quarantined');
  });

  test('takes what an alarm left as decision without reading numbers into it', () => {
    const { body } = renderPage({ ...facts, decision: { alarm: 'lastgood-appointments-candidate-worse' } });
    expect(body).not.toContain('Verdict:');
  });
});
