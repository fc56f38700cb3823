import { beforeEach, describe, expect, test } from 'vitest';
import { isLastgoodError } from '#core/errors.ts';
import { abortByWorkflow } from '#operations/promotion/abort-by-workflow.ts';
import { continuePromotion } from '#operations/promotion/continue-promotion.ts';
import { pageRefused } from '#operations/paging/page-refused.ts';
import { promoteCandidate } from '#operations/promotion/promote-candidate.ts';
import { Promotion } from '#core/promotion/steps.ts';
import { startCanary } from '#operations/promotion/start-canary.ts';
import { promotion, release } from '../../core/version-set/build.ts';
import { aPromotion, FakeOrg } from '../fake-org.ts';

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'none';
  } catch (error) {
    if (isLastgoodError(error)) return error.code;
    throw error;
  }
};

describe('start-canary', () => {
  let org: FakeOrg;
  let alarmed: readonly string[];
  const start = (validated: { seenRevision: number; incumbent?: ReturnType<typeof release> }) =>
    startCanary({
      heads: org.heads,
      hosts: org.hosts,
      alarms: { inAlarm: () => Promise.resolve(alarmed) },
      promotions: org.promotions,
      clock: org.clock,
      by: 'lambda:start-canary',
    })({ ...aPromotion(), validated });
  beforeEach(() => {
    org = new FakeOrg();
    org.addHost(release('b'));
    alarmed = [];
  });

  test('puts the first release of an empty set in place', async () => {
    expect(await start({ seenRevision: 0 })).toMatchObject({ action: 'initialized' });
    expect(org.head).toMatchObject({ stable: release('b'), lastGood: release('b') });
  });

  test('sends the first step of the plan to the candidate, on a lease', async () => {
    await org.move({ kind: 'initialize', release: release('a'), reason: 'first' });
    const step = await start({ seenRevision: 1, incumbent: release('a') });
    expect(step).toMatchObject({ action: 'continue', weightPercent: 25, waitSeconds: 10, loop: 0 });
    expect(org.head.candidate).toMatchObject({ release: release('b'), weightPercent: 25, fallbackWeightPercent: 0 });
    expect(Date.parse(org.head.candidate?.exposureUntil ?? '')).toBe(org.nowMs + 300_000);
  });

  test.each(['before it', 'while it'])('takes back what it starts of a promotion that ended %s began', async (when) => {
    await org.move({ kind: 'initialize', release: release('a'), reason: 'first' });
    await org.promotions.record({ input: aPromotion(), executionArn: 'arn', startedAt: org.now().toISOString() });
    const over = { outcome: 'aborted', reason: 'stopped', by: 'jo', endedAt: org.now().toISOString() } as const;
    const end = () =>
      org.memory.promotions.records.update(promotion('p'), (record) => record && { ...record, end: over });
    if (when === 'before it') await end();
    else {
      org.onWrite = () => {
        org.onWrite = undefined;
        void end();
      };
    }
    expect(await codeOf(start({ seenRevision: 1, incumbent: release('a') }))).toBe('transition-refused');
    expect(org.head).toMatchObject({ revision: when === 'before it' ? 1 : 3, stable: release('a') });
    expect(org.head.candidate).toBeUndefined();
  });

  test('may be asked twice', async () => {
    await org.move({ kind: 'initialize', release: release('a'), reason: 'first' });
    await start({ seenRevision: 1, incumbent: release('a') });
    await start({ seenRevision: 1, incumbent: release('a') });
    expect(org.head.revision).toBe(2);
  });

  test('invariant 2: is refused when the set has changed since it was checked', async () => {
    await org.move({ kind: 'initialize', release: release('a'), reason: 'first' });
    await org.move({
      kind: 'start-canary',
      promotionId: promotion('q'),
      release: release('c'),
      weightPercent: 5,
      exposureUntil: new Date(org.nowMs + 60_000).toISOString(),
      seenRevision: 1,
      reason: 'another',
    });
    await org.move({ kind: 'abort', promotionId: promotion('q'), reason: 'over' });
    expect(await codeOf(start({ seenRevision: 1, incumbent: release('a') }))).toBe('transition-refused');
  });

  test.each([
    ['its alarm is on, which could not fire again', true, true],
    ['its pool has cooled down', false, false],
  ])('waits when %s', async (_why, isAlarmed, isWarm) => {
    await org.move({ kind: 'initialize', release: release('a'), reason: 'first' });
    if (isAlarmed) alarmed = ['lastgood-appointments-candidate-worse'];
    if (!isWarm) await org.removeHosts();
    const started = start({ seenRevision: 1, incumbent: release('a') });
    await expect(started).rejects.toMatchObject({ retryable: true });
    expect(org.head.candidate).toBeUndefined();
  });
});

describe('promote', () => {
  let org: FakeOrg;
  const run = () =>
    promoteCandidate({ heads: org.heads, promotions: org.promotions, clock: org.clock, by: 'lambda:promote' })(
      aPromotion(),
    );
  const decide = (verdict: 'promote' | 'hold') =>
    org.promotions.decide(promotion('p'), {
      at: org.now().toISOString(),
      verdict,
      reason: 'shown no worse',
      record: {},
    });
  beforeEach(async () => {
    org = new FakeOrg();
    await org.startCanary();
  });

  test('moves the head on a decision that says promote, and names it', async () => {
    await decide('promote');
    const { decision, revision } = await run();
    expect(org.head).toMatchObject({ stable: release('b'), lastGood: release('a'), revision });
    expect(org.head.lastTransition).toMatchObject({ kind: 'promote', evidence: decision });
    await org.carryOut();
    expect(org.promotionRecords.get(promotion('p'))?.end?.outcome).toBe('promoted');
    expect(org.pages[0]?.subject).toBe('[acme-test] appointments 1.1 promoted on release');
  });

  test('invariant 5: refuses without a decision, and when the latest one says anything else', async () => {
    expect(await codeOf(run())).toBe('evidence-missing');
    await decide('promote');
    await decide('hold');
    expect(await codeOf(run())).toBe('evidence-missing');
    expect(org.head.stable).toBe(release('a'));
  });

  test('invariant 2: refuses a promotion that was aborted meanwhile', async () => {
    await decide('promote');
    await org.move({ kind: 'abort', promotionId: promotion('p'), reason: 'by an alarm' });
    expect(await codeOf(run())).toBe('transition-refused');
  });

  test('invariant 5: refuses evidence whose lease has run out', async () => {
    await decide('promote');
    org.nowMs += 301_000;
    expect(await codeOf(run())).toBe('transition-refused');
  });

  test('may be asked twice', async () => {
    await decide('promote');
    expect(await run()).toEqual(await run());
  });
});

describe('abort and notify', () => {
  let org: FakeOrg;
  const step = { waitSeconds: 1, loop: 3, weightPercent: 25, action: 'abort' as const };
  beforeEach(async () => {
    org = new FakeOrg();
    await org.startCanary();
  });

  test('quarantine a release that was shown worse', async () => {
    const analysis = { ...step, verdict: 'abort' as const, reason: 'fails more', decision: 'PROMOTION#p/DECISION#1' };
    const result = await abortByWorkflow(org.abortPorts())({ ...aPromotion(), analysis });
    expect(result).toEqual({ outcome: 'aborted', reason: 'fails more' });
    expect(org.head.candidate).toBeUndefined();
    await org.carryOut();
    expect(org.quarantined.get(release('b'))).toBe('fails more');
  });

  test.each([
    ['a deadline without a verdict', { analysis: { ...step, reason: 'no verdict' } }],
    [
      'a step that failed',
      { failure: { Error: 'pool-not-ready', Cause: JSON.stringify({ errorMessage: 'no host is warm' }) } },
    ],
  ])('do not blame the release for %s', async (_why, event) => {
    await abortByWorkflow(org.abortPorts())({ ...aPromotion(), ...event });
    expect(org.head.candidate).toBeUndefined();
    await org.carryOut();
    expect(org.quarantined.size).toBe(0);
  });

  test('tell the message of the step that failed', async () => {
    const failure = { Error: 'pool-not-ready', Cause: JSON.stringify({ errorMessage: 'no host is warm' }) };
    const aborted = await abortByWorkflow(org.abortPorts())({ ...aPromotion(), failure });
    expect(aborted).toEqual({ outcome: 'aborted', reason: 'no host is warm' });
    await org.carryOut();
    expect(org.pages[0]?.body).toContain('no host is warm');
  });

  test('end a promotion that no caller met, and tell it once: no transition does', async () => {
    const input = aPromotion({ promotionId: promotion('q') });
    await org.promotions.record({ input, executionArn: 'arn', startedAt: org.now().toISOString() });
    const failure = { Error: 'pool-not-ready', Cause: JSON.stringify({ errorMessage: 'no host is warm' }) };
    const aborted = await abortByWorkflow(org.abortPorts())({ ...input, failure });
    expect(aborted).toEqual({ outcome: 'no-canary', reason: 'no host is warm' });
    expect((await org.promotions.get(promotion('q')))?.end).toMatchObject({ outcome: 'aborted' });
    expect(await pageRefused(org.pagePorts())({ ...input, aborted })).toEqual({ pages: 1 });
    expect(await pageRefused(org.pagePorts())({ ...input, aborted })).toEqual({ pages: 0 });
    expect(org.pages[0]?.subject).toBe('[acme-test] appointments 1.1 refused on release');
    expect(org.pages[0]?.body).toContain('no host is warm');
    expect(org.head.candidate?.promotionId).toBe(promotion('p'));
  });

  test('add nothing to an end that a transition brought', async () => {
    await org.move({ kind: 'roll-back', reason: 'by hand' });
    const aborted = await abortByWorkflow(org.abortPorts())({ ...aPromotion(), analysis: { ...step, reason: 'late' } });
    expect(aborted.outcome).toBe('aborted');
    expect(await pageRefused(org.pagePorts())({ ...aPromotion(), aborted })).toEqual({ pages: 0 });
    await org.carryOut();
    expect((await org.promotions.get(promotion('p')))?.end?.reason).toBe('by hand');
    expect(org.pages).toHaveLength(1);
  });

  test('never take back a release that was promoted', async () => {
    await org.promotions.decide(promotion('p'), {
      at: org.now().toISOString(),
      verdict: 'promote',
      reason: 'no worse',
      record: {},
    });
    await promoteCandidate({ heads: org.heads, promotions: org.promotions, clock: org.clock, by: 'test' })(
      aPromotion(),
    );
    const analysis = { ...step, verdict: 'abort' as const, reason: 'late' };
    const result = await abortByWorkflow(org.abortPorts())({ ...aPromotion(), analysis });
    expect(result.outcome).toBe('already-promoted');
    await org.carryOut();
    expect(org.quarantined.size).toBe(0);
    expect(org.head.stable).toBe(release('b'));
  });

  test('say promoted of a promotion whose last step failed after the head had moved', async () => {
    const evidence = { verdict: 'promote' as const, decision: 'decision of p', decidedAt: org.now().toISOString() };
    await org.move({ kind: 'promote', promotionId: promotion('p'), evidence, reason: 'no worse' });
    const failure = { Error: 'States.Timeout', Cause: '' };
    const aborted = await abortByWorkflow(org.abortPorts())({ ...aPromotion(), failure });
    expect(await pageRefused(org.pagePorts())({ ...aPromotion(), aborted })).toEqual({ pages: 0 });
    await org.carryOut();
    expect(org.pages[0]?.subject).toBe('[acme-test] appointments 1.1 promoted on release');
    expect((await org.promotions.get(promotion('p')))?.end).toMatchObject({ outcome: 'promoted' });
  });
});

describe('continue-promotion', () => {
  test('starts the next execution with the same promotion and the next number', async () => {
    const started: unknown[] = [];
    const start = (input: unknown) => {
      started.push(input);
      return Promise.resolve({ executionArn: 'arn' });
    };
    const step = { ...aPromotion(), analysis: { loop: 500 } };
    const { executionName } = await continuePromotion({ executions: { start } })(Promotion.parse(step));
    expect(executionName).toBe(`${promotion('p')}-1`);
    expect(started).toEqual([aPromotion({ continuation: 1 })]);
  });
});
