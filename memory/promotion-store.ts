import {
  type Decision,
  decisionKey,
  type PromotionRecord,
  type PromotionStore,
  storedDecision,
  storedPromotion,
  storedPromotionEnd,
} from '#core/promotion/promotion-store.ts';
import { LastgoodError } from '#core/errors.ts';
import type { PromotionId } from '#core/words/ids.ts';
import { Items } from './items.ts';
import type { MemoryOptions } from './wire.ts';

/** Most promotions of an org that one question looks through. */
const maxPromotions = 100_000;

/** Racing analyses of one promotion. */
const maxRaces = 20;

const maxNumber = 9_999_999_999;

export interface MemoryPromotionStore extends PromotionStore {
  readonly records: Items<PromotionRecord>;
}

export const memoryPromotionStore = (options: MemoryOptions): MemoryPromotionStore => {
  const records = new Items<PromotionRecord>({ name: 'promotions', ...options });
  const decided = new Items<Decision>({ name: 'decisions', ...options });
  const decisions = (promotionId: PromotionId, limit = 1_000) => decided.list(`${promotionId}#`, limit);
  return {
    records,
    record: async (promotion) => {
      const { promotionId } = promotion.input;
      return records.putOnce(promotionId, storedPromotion.write(promotion, `promotion ${promotionId}`));
    },
    get: (promotionId) => records.get(promotionId),
    end: async (promotionId, end) => {
      const checked = storedPromotionEnd.write(end, `the end of promotion ${promotionId}`);
      return records.update(promotionId, (present) =>
        present && present.end === undefined ? { ...present, end: checked } : undefined,
      );
    },
    listByService: async (service, limit = 100) => {
      const all = await records.list('', maxPromotions);
      const keyOf = ({ startedAt, input }: PromotionRecord) => `${startedAt}#${input.promotionId}`;
      return all
        .filter(({ input }) => input.service === service)
        .toSorted((a, b) => (keyOf(a) < keyOf(b) ? 1 : -1))
        .slice(0, limit)
        .map(({ input }) => input.promotionId);
    },
    decide: async (promotionId, decision) => {
      for (let race = 0; race < maxRaces; race += 1) {
        const [latest] = await decisions(promotionId, 1);
        const number = (latest?.number ?? 0) + 1;
        const next = storedDecision.write({ ...decision, number }, `a decision of promotion ${promotionId}`);
        // Keys count downwards, so that the newest decision comes first.
        const key = `${promotionId}#${String(maxNumber - number).padStart(10, '0')}`;
        if (await decided.putOnce(key, next)) return { key: decisionKey(promotionId, number), decision: next };
      }
      throw new LastgoodError(
        'revision-conflict',
        `a decision of promotion ${promotionId} lost ${maxRaces} races against other analyses; analyze again`,
        { retryable: true },
      );
    },
    decisions,
  };
};
