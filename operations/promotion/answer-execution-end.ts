import { LastgoodError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import { executionEndText, type ExecutionEndEvent, promotionOfExecution } from '#core/promotion/execution-end.ts';
import { decisionKey, type PromotionStore } from '#core/promotion/promotion-store.ts';
import { type Aborted, Promotion } from '#core/promotion/steps.ts';
import { pageRefused, type PageRefusedPorts } from '../paging/page-refused.ts';
import { giveUpPromotion, type GiveUpPorts } from './give-up-promotion.ts';

export type AnswerExecutionEndPorts = GiveUpPorts &
  PageRefusedPorts & {
    readonly promotions: Pick<PromotionStore, 'get' | 'decisions' | 'end'>;
    readonly log: Log;
  };

/**
 * Does what the last step of a promotion would have done, when its execution failed, was stopped or ran out of time: takes the candidate
 * back, and bars it if that was decided already. The same end twice changes nothing the second time.
 */
export const answerExecutionEnd =
  (ports: AnswerExecutionEndPorts) =>
  async ({ detail }: ExecutionEndEvent): Promise<Aborted> => {
    const promotion = await promotionOf(ports, detail);
    const { promotionId, service, set } = promotion;
    const [latest] = await ports.promotions.decisions(promotionId, 1);
    const decided = latest?.verdict === 'abort' ? latest : undefined;
    const aborted = await giveUpPromotion(ports)({
      promotionId,
      service,
      set,
      reason: decided ? `${decided.reason} (${executionEndText(detail)})` : executionEndText(detail),
      by: ports.by,
      decision: decided && decisionKey(promotionId, decided.number),
      quarantine: decided !== undefined,
    });
    ports.log.warn('execution-ended', { trace_id: promotionId, status: detail.status, outcome: aborted.outcome });
    await pageRefused(ports)({ ...promotion, aborted });
    return aborted;
  };

/** By its record, or by its input when it ended before there was one. */
const promotionOf = async (
  { promotions }: Pick<AnswerExecutionEndPorts, 'promotions'>,
  { name, input }: ExecutionEndEvent['detail'],
): Promise<Promotion> => {
  const promotionId = promotionOfExecution(name);
  const record = promotionId && (await promotions.get(promotionId));
  if (record) return record.input;
  const given = Promotion.safeParse(jsonOf(input ?? ''));
  if (given.success) return given.data;
  throw new LastgoodError(
    'invalid-input',
    `execution ${name} ended, and neither a record nor its input says which promotion it was; look at it in Step Functions`,
  );
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
