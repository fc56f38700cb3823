import { describe, expect, test } from 'vitest';
import { planByName } from '#core/canary/plans.ts';
import { promotionIdOf, PromotionInput } from '#core/promotion/promotion-input.ts';
import { type Decision, decisionKey } from '#core/promotion/promotion-store.ts';
import { VersionLabel } from '#core/release/version-label.ts';
import { OrgName, type ServiceName } from '#core/words/names.ts';
import { at, productionSet, promotion, release } from '../../core/version-set/build.ts';
import { answersOf, newService, type Opened, sixteen } from './ports-under-test.ts';

const inputOf = (service: ServiceName, attempt: number): PromotionInput => {
  const what = { org: OrgName.parse('acme'), service, set: productionSet, release: release('b'), attempt };
  return PromotionInput.parse({
    ...what,
    promotionId: promotionIdOf(what),
    version: VersionLabel.parse('1.1'),
    plan: planByName('tour'),
    requestedBy: 'ci:deploy',
    continuation: 0,
  });
};

/** Records of promotions, and the executions that carry them out. */
export const promotionsContract = (opened: Opened): void => {
  describe('promotions', () => {
    const recordOf = (service: ServiceName, attempt: number) => ({
      input: inputOf(service, attempt),
      executionArn: 'arn:aws:states:us-east-1:111111111111:execution:lastgood-promotion:x',
      startedAt: at(attempt),
    });

    test('a promotion is recorded once, ends once, and is found again by its service', async () => {
      const { promotions } = opened();
      const service = newService();
      const record = recordOf(service, 1);
      const { promotionId } = record.input;
      const end = { outcome: 'aborted', reason: 'worse', by: 'analyze', endedAt: at(60) } as const;
      expect(await promotions.get(promotionId)).toBeUndefined();
      expect(await promotions.end(promotionId, end)).toBe(false);
      expect([await promotions.record(record), await promotions.record({ ...record, startedAt: at(9) })]).toEqual([
        true,
        false,
      ]);
      const ends = answersOf(await sixteen((n) => promotions.end(promotionId, { ...end, by: `writer ${n}` })));
      expect(ends.filter(Boolean)).toHaveLength(1);
      const by = `writer ${ends.indexOf(true)}`;
      expect(await promotions.end(promotionId, { ...end, outcome: 'promoted' })).toBe(false);
      expect(await promotions.get(promotionId)).toEqual({ ...record, end: { ...end, by } });
      await promotions.record(recordOf(service, 2));
      const second = recordOf(service, 2).input.promotionId;
      expect(await promotions.listByService(service)).toEqual([second, promotionId]);
      expect(await promotions.listByService(service, 1)).toEqual([second]);
      expect(await promotions.listByService(newService())).toEqual([]);
    });

    test('16 racing analyses get 16 numbers without a gap', async () => {
      const { promotions } = opened();
      const id = promotion('decide');
      const decision: Omit<Decision, 'number'> = {
        at: at(1),
        verdict: 'hold',
        reason: 'not yet',
        record: { calls: 3 },
      };
      expect(await promotions.decisions(id)).toEqual([]);
      const decided = answersOf(await sixteen(() => promotions.decide(id, decision)));
      const numbers = decided.map((one) => one.decision.number).sort((a, b) => a - b);
      expect(numbers).toEqual(Array.from({ length: 16 }, (_, n) => n + 1));
      expect(decided.find((one) => one.decision.number === 3)?.key).toBe(decisionKey(id, 3));
      expect(await promotions.decisions(id, 1)).toEqual([{ ...decision, number: 16 }]);
      expect((await promotions.decisions(id)).map(({ number }) => number)).toEqual(numbers.toReversed());
    });

    test('a decision that no item can hold, or nobody could read, is refused', async () => {
      const { promotions } = opened();
      const id = promotion('large');
      const decision = { at: at(1), verdict: 'hold', reason: 'not yet', record: 'x'.repeat(420_000) } as const;
      await expect(promotions.decide(id, decision)).rejects.toMatchObject({ code: 'aws-failed', retryable: false });
      const wordy = { ...decision, record: {}, reason: 'x'.repeat(4_001) };
      await expect(promotions.decide(id, wordy)).rejects.toMatchObject({ code: 'invalid-input' });
      expect(await promotions.decisions(id)).toEqual([]);
    });
  });

  describe('executions', () => {
    const service = newService();

    test('the same start while it runs is one execution, even 16 times at once (S3)', async () => {
      const { executions } = opened();
      const input = inputOf(service, 11);
      const started = answersOf(await sixteen(() => executions.start({ ...input })));
      expect(new Set(started.map(({ executionArn }) => executionArn)).size).toBe(1);
      await expect(executions.start({ ...input, plan: planByName('standard') })).rejects.toMatchObject({
        code: 'transition-refused',
        message: expect.stringMatching(/attempt 11 .* exists already.*start attempt 12/),
      });
    });

    test('an execution that was stopped is over, and says so', async () => {
      const { executions } = opened();
      const input = inputOf(service, 12);
      await executions.start(input);
      await executions.stop(input, 'the test is over');
      await expect
        .poll(() => executions.describe(input))
        .toMatchObject({ status: 'stopped', endedAt: expect.any(Date), problem: 'the test is over' });
      await expect(executions.start(input)).rejects.toMatchObject({ code: 'transition-refused' });
    });

    test('a start after the end is refused; the next continuation is another execution', async () => {
      const { executions, doors } = opened();
      const input = inputOf(service, 13);
      const { executionArn } = await executions.start(input);
      await doors.endExecution(input);
      const ended = await executions.describe(input);
      expect(['succeeded', 'failed']).toContain(ended?.status);
      expect(ended?.endedAt?.getTime()).toBeGreaterThanOrEqual(ended?.startedAt.getTime() ?? Infinity);
      await expect(executions.start(input)).rejects.toMatchObject({ code: 'transition-refused' });
      const next = await executions.start({ ...input, continuation: 1 });
      expect(next.executionArn).not.toBe(executionArn);
      await executions.stop({ ...input, continuation: 1 }, 'the test is over');
    });

    test('what was never started is not there, and cannot be stopped', async () => {
      const { executions } = opened();
      const input = inputOf(service, 14);
      expect(await executions.describe(input)).toBeUndefined();
      await expect(executions.stop(input, 'x')).rejects.toMatchObject({ code: 'aws-failed' });
      await expect(executions.statesEntered(input)).rejects.toMatchObject({ code: 'aws-failed' });
    });
  });
};
