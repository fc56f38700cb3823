import { callRecords } from '#aws/call-records.ts';
import { openTable } from '#aws/dynamodb.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { JudgeCanaryInput } from '#core/promotion/steps.ts';
import { judge } from '#operations/canary/judge.ts';
import { judgeCanary } from '#operations/canary/judge-canary.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('analyze', JudgeCanaryInput, ({ connection, environment, log, clock, by }) => {
  const registry = openRegistry(connection, environment.REGISTRY_TABLE);
  const calls = callRecords(openTable(connection, environment.SESSIONS_TABLE));
  return judgeCanary({
    ...registry,
    judge: judge({ ...registry, calls, clock, log }),
    services: environment.SERVICES,
    clock,
    by,
  });
});
