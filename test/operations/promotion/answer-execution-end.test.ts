import { beforeEach, describe, expect, test } from 'vitest';
import { ExecutionEndEvent } from '#core/promotion/execution-end.ts';
import { answerExecutionEnd } from '#operations/promotion/answer-execution-end.ts';
import { promotion, release } from '../../core/version-set/build.ts';
import { aPromotion, FakeOrg } from '../fake-org.ts';

const ended = (changes: Record<string, unknown> = {}): ExecutionEndEvent =>
  ExecutionEndEvent.parse({
    source: 'aws.states',
    detail: { name: promotion('p'), status: 'ABORTED', input: null, error: null, cause: null, ...changes },
  });

describe('an execution that ends without its last step', () => {
  let org: FakeOrg;
  const answer = (event = ended()) =>
    answerExecutionEnd({ ...org.abortPorts('lambda:execution-ended'), ...org.pagePorts(), promotions: org.promotions })(
      event,
    );
  beforeEach(async () => {
    org = new FakeOrg();
    await org.startCanary();
  });

  test.each([
    ['was stopped', { status: 'ABORTED', cause: 'by jo' }, 'its execution was stopped: by jo'],
    ['was stopped without a word', { status: 'ABORTED' }, 'its execution was stopped'],
    [
      'ran out of time',
      { status: 'TIMED_OUT', error: 'States.Timeout' },
      'its execution ran out of time: States.Timeout',
    ],
    [
      'failed, as its last step did',
      { status: 'FAILED', error: 'Lambda.Unknown', cause: JSON.stringify({ errorMessage: 'no memory' }) },
      'its execution failed: no memory',
    ],
  ])('takes the candidate back when it %s, and people are told', async (_how, changes, reason) => {
    expect(await answer(ended(changes))).toEqual({ outcome: 'aborted', reason });
    expect(org.head.candidate).toBeUndefined();
    await org.carryOut();
    expect((await org.promotions.get(promotion('p')))?.end).toMatchObject({ outcome: 'aborted', reason });
    expect(org.quarantined.size).toBe(0);
    expect(org.pages.map(({ subject }) => subject)).toEqual(['[acme-test] appointments 1.1 aborted on release']);
  });

  test('says the same when it is told twice, or of a later execution of the promotion', async () => {
    await answer();
    const { revision } = org.head;
    await answer(ended({ name: `${promotion('p')}-3` }));
    expect(org.head.revision).toBe(revision);
    await org.carryOut();
    expect(org.pages).toHaveLength(1);
  });

  test('bars the release when the decision was made and could not be carried out', async () => {
    const decision = { at: org.now().toISOString(), verdict: 'abort', reason: 'fails more', record: {} } as const;
    const { key } = await org.promotions.decide(promotion('p'), decision);
    await answer(ended({ status: 'FAILED' }));
    expect(org.head.lastTransition).toMatchObject({ evidence: key, reason: 'fails more (its execution failed)' });
    await org.carryOut();
    expect([...org.quarantined.keys()]).toEqual([release('b')]);
  });

  test('leaves a release that is stable where it is', async () => {
    const evidence = { verdict: 'promote' as const, decision: 'd', decidedAt: org.now().toISOString() };
    await org.move({ kind: 'promote', promotionId: promotion('p'), evidence, reason: 'no worse' });
    expect((await answer()).outcome).toBe('already-promoted');
    expect(org.head.stable).toBe(release('b'));
  });

  test('ends and tells what no caller had met, also when nobody had recorded it', async () => {
    const input = aPromotion({ promotionId: promotion('q') });
    const event = ended({ name: promotion('q'), input: JSON.stringify(input) });
    expect((await answer(event)).outcome).toBe('no-canary');
    await answer(event);
    expect(org.pages.map(({ subject }) => subject)).toEqual(['[acme-test] appointments 1.1 refused on release']);
    expect(org.head.candidate?.promotionId).toBe(promotion('p'));
  });

  test('is an error when nothing says which promotion it was', async () => {
    await expect(answer(ended({ name: 'something-else' }))).rejects.toMatchObject({ code: 'invalid-input' });
  });
});
