import { openTable } from '#aws/dynamodb.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { sessionStore } from '#aws/session-store.ts';
import { JudgeCanaryInput } from '#core/promotion/steps.ts';
import { judgeCanary } from '#operations/canary/judge-canary.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('analyze', JudgeCanaryInput, ({ connection, environment, clock, by }) =>
  judgeCanary({
    ...openRegistry(connection, environment.REGISTRY_TABLE),
    sessions: sessionStore(openTable(connection, environment.SESSIONS_TABLE)),
    services: environment.SERVICES,
    clock,
    by,
  }),
);
