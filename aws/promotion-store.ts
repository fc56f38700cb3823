import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';
import {
  type Decision,
  decisionKey,
  type PromotionRecord,
  type PromotionStore,
  storedDecision,
  storedPromotion,
  storedPromotionEnd,
} from '#core/promotion/promotion-store.ts';
import { PromotionId } from '#core/words/ids.ts';
import { putOnce, queryItems, recordIn, type Table, tenDigits, updateIf } from './dynamodb.ts';

const decisionSortKey = (number: number): string => `DECISION#${tenDigits(number)}`;
const recordKey = (promotionId: string) => ({ pk: `PROMOTION#${promotionId}`, sk: 'RECORD' });
/** Racing analyses of one promotion: the scheduled one, the in-band ones. */
const maxRaces = 20;

export const promotionStore = (registry: Table): PromotionStore => ({
  record: (promotion) => recordPromotion(registry, promotion),
  get: (promotionId) => getPromotion(registry, promotionId),
  end: async (promotionId, end) =>
    updateIf(registry, {
      Key: recordKey(promotionId),
      UpdateExpression: 'SET #end = :end',
      ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(#end)',
      ExpressionAttributeNames: { '#end': 'end' },
      ExpressionAttributeValues: { ':end': storedPromotionEnd.write(end, `the end of promotion ${promotionId}`) },
    }),
  listByService: (service, limit = 100) => listByService(registry, service, limit),
  decide: (promotionId, decision) => decide(registry, promotionId, decision),
  decisions: (promotionId, limit = 1_000) => decisions(registry, promotionId, limit),
});

const recordPromotion = async (registry: Table, promotion: PromotionRecord): Promise<boolean> => {
  const { promotionId, service } = promotion.input;
  const isNew = await putOnce(registry, {
    ...recordKey(promotionId),
    ...storedPromotion.write(promotion, `promotion ${promotionId}`),
  });
  const { startedAt } = isNew ? promotion : ((await getPromotion(registry, promotionId)) ?? promotion);
  // Also after a repeat: a crash may have come between the two.
  await putOnce(registry, { pk: `SERVICE#${service}`, sk: `PROMOTION#${startedAt}#${promotionId}`, promotionId });
  return isNew;
};

const getPromotion = async (
  { documents, name }: Table,
  promotionId: PromotionId,
): Promise<PromotionRecord | undefined> => {
  const { Item } = await documents.send(
    new GetCommand({ TableName: name, Key: recordKey(promotionId), ConsistentRead: true }),
  );
  return Item && storedPromotion.read(recordIn(Item), `the stored promotion ${promotionId}`);
};

const listByService = async (registry: Table, service: string, limit: number): Promise<readonly PromotionId[]> => {
  const ids: PromotionId[] = [];
  const items = queryItems(
    registry,
    {
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :promotion)',
      ExpressionAttributeValues: { ':pk': `SERVICE#${service}`, ':promotion': 'PROMOTION#' },
      ScanIndexForward: false,
      ConsistentRead: true,
    },
    { items: limit },
  );
  for await (const item of items) {
    ids.push(
      parseOrThrow(z.object({ promotionId: PromotionId }), item, `a promotion of ${service}`, 'internal').promotionId,
    );
  }
  return ids;
};

const decide: (
  registry: Table,
  promotionId: PromotionId,
  decision: Omit<Decision, 'number'>,
) => ReturnType<PromotionStore['decide']> = async (registry, promotionId, { at, verdict, reason, record }) => {
  for (let race = 0; race < maxRaces; race += 1) {
    const [latest] = await decisions(registry, promotionId, 1);
    const decision = storedDecision.write(
      { number: (latest?.number ?? 0) + 1, at, verdict, reason, record },
      `a decision of promotion ${promotionId}`,
    );
    const sk = decisionSortKey(decision.number);
    if (await putOnce(registry, { pk: recordKey(promotionId).pk, sk, decision }))
      return { key: decisionKey(promotionId, decision.number), decision };
  }
  throw new LastgoodError(
    'revision-conflict',
    `a decision of promotion ${promotionId} lost ${maxRaces} races against other analyses; analyze again`,
    { retryable: true },
  );
};

const decisions = async (registry: Table, promotionId: PromotionId, limit: number): Promise<readonly Decision[]> => {
  const found: Decision[] = [];
  const items = queryItems(
    registry,
    {
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :decision)',
      ExpressionAttributeValues: { ':pk': recordKey(promotionId).pk, ':decision': 'DECISION#' },
      ScanIndexForward: false,
      ConsistentRead: true,
    },
    { items: limit },
  );
  for await (const item of items)
    found.push(storedDecision.read(item['decision'], `a decision of promotion ${promotionId}`));
  return found;
};
