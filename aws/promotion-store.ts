import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';
import { PromotionInput } from '#core/promotion/promotion-input.ts';
import { ReleaseId } from '#core/words/digest.ts';
import { PromotionId } from '#core/words/ids.ts';
import type { ServiceName } from '#core/words/names.ts';
import { Timestamp } from '#core/words/time.ts';
import { putOnce, queryItems, type Table, tenDigits, updateIf } from './dynamodb.ts';

/** How a promotion ended, once. */
export const PromotionEnd = z
  .strictObject({
    outcome: z.enum(['promoted', 'aborted']),
    reason: z.string().max(4_000),
    /** Step of the workflow that ended it, or what flipped the head from outside. */
    by: z.string().max(256),
    endedAt: Timestamp,
  })
  .readonly();

export type PromotionEnd = z.infer<typeof PromotionEnd>;

/** One promotion: what was asked, where it runs, how it ended. */
export const PromotionRecord = z
  .strictObject({
    input: PromotionInput,
    executionArn: z.string(),
    startedAt: Timestamp,
    /** Stable when the promotion was asked for: what the candidate is compared with. */
    incumbent: ReleaseId.optional(),
    end: PromotionEnd.optional(),
  })
  .readonly();

export type PromotionRecord = z.infer<typeof PromotionRecord>;

/** One analysis that said something new. `record` is everything that recomputing it needs, as the canary defines it. */
export const Decision = z
  .strictObject({
    number: z.int().positive(),
    at: Timestamp,
    verdict: z.enum(['promote', 'abort', 'hold', 'unknown']),
    reason: z.string().max(4_000),
    record: z.json(),
  })
  .readonly();

export type Decision = z.infer<typeof Decision>;

export interface PromotionStore {
  /** Records a promotion; the first record stays. @returns false when there was one */
  readonly record: (promotion: PromotionRecord) => Promise<boolean>;
  readonly get: (promotionId: PromotionId) => Promise<PromotionRecord | undefined>;
  /** The first end is the end. @returns false when it had ended, or was never recorded */
  readonly end: (promotionId: PromotionId, end: PromotionEnd) => Promise<boolean>;
  /** Newest first. @param limit @default 100 */
  readonly listByService: (service: ServiceName, limit?: number) => Promise<readonly PromotionId[]>;
  /** Adds a decision with the next number. @returns its key, which goes into the history entry as evidence */
  readonly decide: (
    promotionId: PromotionId,
    decision: Omit<Decision, 'number'>,
  ) => Promise<{ readonly key: string; readonly decision: Decision }>;
  /** Newest first. @param limit @default 1000 */
  readonly decisions: (promotionId: PromotionId, limit?: number) => Promise<readonly Decision[]>;
}

/** How history and evidence name a decision. */
export const decisionKey = (promotionId: PromotionId, number: number): string =>
  `${recordKey(promotionId).pk}/${decisionSortKey(number)}`;

const decisionSortKey = (number: number): string => `DECISION#${tenDigits(number)}`;

const recordKey = (promotionId: string) => ({ pk: `PROMOTION#${promotionId}`, sk: 'RECORD' });

/** Racing analyses of one promotion: the scheduled one, the in-band ones. */
const maxRaces = 20;

export const promotionStore = (registry: Table): PromotionStore => ({
  record: (promotion) => recordPromotion(registry, promotion),
  get: (promotionId) => getPromotion(registry, promotionId),
  end: (promotionId, end) =>
    updateIf(registry, {
      Key: recordKey(promotionId),
      UpdateExpression: 'SET #end = :end',
      ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(#end)',
      ExpressionAttributeNames: { '#end': 'end' },
      ExpressionAttributeValues: { ':end': end },
    }),
  listByService: (service, limit = 100) => listByService(registry, service, limit),
  decide: (promotionId, decision) => decide(registry, promotionId, decision),
  decisions: (promotionId, limit = 1_000) => decisions(registry, promotionId, limit),
});

const recordPromotion = async (registry: Table, promotion: PromotionRecord): Promise<boolean> => {
  const { promotionId, service } = promotion.input;
  const isNew = await putOnce(registry, { ...recordKey(promotionId), ...promotion });
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
  if (Item === undefined) return undefined;
  const { pk: _pk, sk: _sk, ...record } = Item;
  return parseOrThrow(PromotionRecord, record, `the stored promotion ${promotionId}`, 'internal');
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
  for await (const item of items)
    ids.push(
      parseOrThrow(z.object({ promotionId: PromotionId }), item, `a promotion of ${service}`, 'internal').promotionId,
    );
  return ids;
};

const decide: (
  registry: Table,
  promotionId: PromotionId,
  decision: Omit<Decision, 'number'>,
) => ReturnType<PromotionStore['decide']> = async (registry, promotionId, { at, verdict, reason, record }) => {
  for (let race = 0; race < maxRaces; race += 1) {
    const [latest] = await decisions(registry, promotionId, 1);
    const decision: Decision = { number: (latest?.number ?? 0) + 1, at, verdict, reason, record };
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
    found.push(parseOrThrow(Decision, item['decision'], `a decision of promotion ${promotionId}`, 'internal'));
  return found;
};
