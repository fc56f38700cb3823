import { beforeEach, describe, expect, test } from 'vitest';
import { abortOnEvidence, type AbortOnEvidencePorts } from '#operations/canary/abort-on-evidence.ts';
import { promotion, release } from '../../core/version-set/build.ts';
import { FakeOrg } from '../fake-org.ts';

describe('an abort on evidence', () => {
  let org: FakeOrg;
  let order: string[];
  const ports = (): AbortOnEvidencePorts => ({
    heads: {
      apply: (...args) => {
        order.push('flip');
        return org.heads.apply(...args);
      },
    },
    promotions: {
      decide: (...args) => {
        order.push('decide');
        return org.promotions.decide(...args);
      },
    },
    clock: org.clock,
    log: org.log,
  });
  const evidence = () => ({
    at: org.now().toISOString(),
    reason: 'fails 9 of 10 calls',
    record: { alarm: 'none' },
    by: 'lambda:test',
    logFields: { alarm: 'none' },
  });
  /** Aborts the canary that runs, or the one that ran at `head`. */
  const run = (head = org.head, candidate = head.candidate!) => abortOnEvidence(ports())(head, candidate, evidence());
  beforeEach(async () => {
    org = new FakeOrg();
    order = [];
    await org.startCanary();
  });

  test('decides first, then flips; that the release is barred and people are told follows', async () => {
    expect(await run()).toBe(true);
    expect(order).toEqual(['decide', 'flip']);
    expect(org.quarantined.size + org.pages.length).toBe(0);
    await org.carryOut();
    const [decision] = await org.promotions.decisions(promotion('p'));
    expect(decision).toMatchObject({ verdict: 'abort', reason: 'fails 9 of 10 calls', record: { alarm: 'none' } });
    expect(org.head).toMatchObject({ stable: release('a'), lastTransition: { kind: 'abort', by: 'lambda:test' } });
    expect(org.quarantined.get(release('b'))).toBe('fails 9 of 10 calls');
    expect(org.pages.map(({ subject }) => subject)).toEqual(['[acme-test] appointments 1.1 aborted on release']);
  });

  test('adds nothing to what somebody else had decided', async () => {
    const seen = org.head;
    await org.move({ kind: 'abort', promotionId: promotion('p'), reason: 'by hand' });
    expect(await run(seen)).toBe(false);
    expect(org.head.lastTransition.reason).toBe('by hand');
    expect(org.events).toEqual([]);
    await org.carryOut();
    expect(org.quarantined.size).toBe(0);
    expect(org.pages[0]?.body).toContain('by hand');
  });

  test('takes nothing back and bars nothing once the release is promoted', async () => {
    const seen = org.head;
    const decision = { verdict: 'promote' as const, decision: 'd', decidedAt: org.now().toISOString() };
    await org.move({ kind: 'promote', promotionId: promotion('p'), evidence: decision, reason: 'no worse' });
    expect(await run(seen)).toBe(false);
    expect(org.head.stable).toBe(release('b'));
    await org.carryOut();
    expect(org.quarantined.size).toBe(0);
  });

  test('cuts a reason to what a head can hold', async () => {
    const head = org.head;
    const long = { ...evidence(), reason: 'x'.repeat(3_000) };
    expect(await abortOnEvidence(ports())(head, head.candidate!, long)).toBe(true);
    expect(org.head.lastTransition.reason).toHaveLength(2_000);
  });
});
