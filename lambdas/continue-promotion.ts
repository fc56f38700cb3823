import { executions } from '#aws/executions.ts';
import { Promotion } from '#core/promotion/steps.ts';
import { continuePromotion } from '#operations/promotion/continue-promotion.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('continue-promotion', Promotion, ({ connection, environment }) =>
  continuePromotion({ executions: executions(connection, environment.PROMOTION_STATE_MACHINE) }),
);
