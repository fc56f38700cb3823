import { beforeEach, describe, expect, test } from 'vitest';
import { DecisionRecord, recheckDecision } from '#core/canary/decision.ts';
import { outcomeOfSession } from '#core/promotion/outcome-of-session.ts';
import { decisionKey } from '#core/promotion/promotion-store.ts';
import { judge } from '#operations/canary/judge.ts';
import { judgeCanary } from '#operations/canary/judge-canary.ts';
import type { NextStep } from '#core/promotion/steps.ts';
import { promotion, release } from '../../core/version-set/build.ts';
import { aPlan, aPromotion, aSession, FakeOrg } from '../fake-org.ts';

describe('a look of the workflow at its canary', () => {
  let org: FakeOrg;
  const look = (analysis?: NextStep, input = aPromotion()): Promise<NextStep> =>
    judgeCanary({
      heads: org.heads,
      history: { list: () => Promise.resolve([org.head.lastTransition, ...org.history.toReversed()]) },
      judge: judge(org.judgePorts()),
      promotions: org.promotions,
      services: org.services,
      clock: org.clock,
      by: 'lambda:analyze',
    })({ ...input, ...(analysis && { analysis }) });
  /** Every fourth call goes to the candidate; the outcomes of each arm repeat. */
  const calls = (count: number, candidate: readonly ('completed' | 'failed')[], firstSecond = 1): void => {
    for (let index = 0; index < count; index += 1) {
      const isCandidate = index % 4 === 0;
      const outcome = isCandidate ? (candidate[(index / 4) % candidate.length] ?? 'completed') : 'completed';
      org.sessions.push(
        aSession({
          index: org.sessions.length,
          arm: isCandidate ? 'candidate' : 'stable',
          outcome,
          startSecond: firstSecond + index,
        }),
      );
    }
  };
  beforeEach(async () => {
    org = new FakeOrg();
    await org.startCanary();
  });

  test('waits while the first step bakes, and prolongs the exposure by what it knows', async () => {
    calls(20, ['completed']);
    org.nowMs += 40_000;
    const before = org.head.candidate?.exposureUntil ?? '';
    const step = await look();
    expect(step).toMatchObject({ action: 'continue', loop: 1, weightPercent: 25 });
    expect(step.waitSeconds).toBeGreaterThanOrEqual(1);
    expect(Date.parse(org.head.candidate?.exposureUntil ?? '')).toBeGreaterThan(Date.parse(before));
    expect(org.head.revision).toBe(2);
  });

  test('counts its loops', async () => {
    const first = await look();
    expect((await look(first)).loop).toBe(2);
  });

  test('gives the candidate more callers when a step has baked, on a recorded decision', async () => {
    calls(80, ['completed']);
    org.nowMs += 100_000;
    const step = await look();
    expect(step).toMatchObject({ action: 'advance', weightPercent: 50 });
    expect(org.head.candidate?.weightPercent).toBe(50);
    expect(org.head.lastTransition).toMatchObject({ kind: 'set-weight', evidence: step.decision });
  });

  test('says abort on the evidence, and leaves the flip to its step', async () => {
    calls(120, ['failed']);
    org.nowMs += 150_000;
    const step = await look();
    expect(step).toMatchObject({ action: 'abort', verdict: 'abort' });
    expect(step.reason).toMatch(/candidate fails \d+ of \d+ calls/);
    expect(org.head.candidate).toBeDefined();
  });

  test('records a decision that anyone can compute again', async () => {
    calls(120, ['failed']);
    org.nowMs += 150_000;
    await look();
    const [decision] = await org.promotions.decisions(promotion('p'));
    const record = DecisionRecord.parse(decision?.record);
    const outcomes = org.sessions.flatMap((session) => outcomeOfSession(session, promotion('p')) ?? []);
    expect(recheckDecision(record, outcomes)).toEqual([]);
  });

  test('invariant 5: says promote only in the last step, on evidence that says so', async () => {
    calls(1_200, ['completed']);
    org.nowMs += 1_300_000;
    const early = await look();
    expect(early.action).toBe('advance');
    org.nowMs += 70_000;
    calls(40, ['completed'], 1_305);
    const late = await look(early);
    expect(late).toMatchObject({ action: 'promote', verdict: 'promote' });
    const [decision] = await org.promotions.decisions(promotion('p'));
    expect(decision?.verdict).toBe('promote');
  });

  test('invariant 5: without evidence in time it neither renews the exposure nor counts it as failure', async () => {
    calls(20, ['completed']);
    org.nowMs += 400_000;
    const before = org.head.candidate?.exposureUntil;
    const step = await look();
    expect(step).toMatchObject({ action: 'hold', verdict: 'unknown' });
    expect(org.head.candidate?.exposureUntil).toBe(before);
    expect(org.quarantined.size).toBe(0);
  });

  test('renews no exposure while evidence stays away, so that its lease takes the callers back', async () => {
    calls(20, ['completed']);
    org.nowMs += 400_000;
    const frozen = await look();
    const { exposureUntil, weightPercent } = org.head.candidate ?? {};
    org.nowMs += 301_000;
    expect(await look(frozen)).toMatchObject({ action: 'hold', verdict: 'unknown' });
    expect(org.head.candidate).toMatchObject({ weightPercent, exposureUntil });
    expect(Date.parse(exposureUntil ?? '')).toBeLessThan(org.nowMs);
  });

  test('gives up at the deadline without blaming the release', async () => {
    const input = aPromotion({ plan: aPlan({ deadlineMinutes: 5 }) });
    calls(40, ['completed'], 240);
    org.nowMs += 310_000;
    const step = await look(undefined, input);
    expect(step.action).toBe('abort');
    expect(step.verdict).toBeUndefined();
    expect(step.reason).toMatch(/no verdict within 5 minutes/);
  });

  test('holds a frozen set where it is', async () => {
    calls(80, ['completed']);
    org.nowMs += 100_000;
    await org.move({ kind: 'freeze', reason: 'holiday' });
    expect(await look()).toMatchObject({ action: 'hold' });
    expect(org.head.candidate?.weightPercent).toBe(25);
  });

  test('writes one decision for a hundred looks that say the same', async () => {
    calls(20, ['completed']);
    org.nowMs += 40_000;
    let step: NextStep | undefined;
    for (let count = 0; count < 5; count += 1) step = await look(step);
    expect(await org.promotions.decisions(promotion('p'))).toHaveLength(1);
  });

  test('invariant 2: follows whoever ended the promotion first', async () => {
    await org.move({ kind: 'abort', promotionId: promotion('p'), reason: 'by hand' });
    expect(await look()).toMatchObject({ action: 'abort', reason: 'by hand' });
    expect((await look()).verdict).toBeUndefined();
  });

  test('repeats the quarantine of whoever flipped on the evidence and died before it', async () => {
    const decided = { at: org.now().toISOString(), verdict: 'abort' as const, reason: 'fails more', record: {} };
    await org.promotions.decide(promotion('p'), decided);
    await org.move({ kind: 'abort', promotionId: promotion('p'), reason: 'fails more' });
    const decision = decisionKey(promotion('p'), 1);
    expect(await look()).toMatchObject({ action: 'abort', verdict: 'abort', decision });
  });

  test('leaves out probes, repeats of a caller and calls of other promotions', async () => {
    org.sessions.push(
      aSession({ index: 1, arm: 'candidate', outcome: 'failed', probe: true }),
      aSession({ index: 2, arm: 'candidate', outcome: 'failed', countsInTest: false }),
      aSession({ index: 3, arm: 'candidate', outcome: 'failed', promotionName: 'q' }),
      aSession({ index: 4, arm: 'stable' }),
    );
    org.nowMs += 30_000;
    await look();
    const [decision] = await org.promotions.decisions(promotion('p'));
    const { verdict } = DecisionRecord.parse(decision?.record);
    expect(verdict.metrics.errorRate).toMatchObject({ stable: { n: 1 }, candidate: { n: 0 } });
    expect(release('b')).toBe(org.head.candidate?.release);
  });
});
