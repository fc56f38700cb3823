import { artifactStore } from '#aws/artifact-store.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { pager } from '#aws/pages.ts';
import { ExecutionEndEvent } from '#core/promotion/execution-end.ts';
import { answerExecutionEnd } from '#operations/promotion/answer-execution-end.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('execution-ended', ExecutionEndEvent, (parts) => {
  const { connection, environment, log, clock, by } = parts;
  return answerExecutionEnd({
    ...openRegistry(connection, environment.REGISTRY_TABLE),
    part: artifactStore(connection, environment.ARTIFACT_BUCKET).get,
    pager: pager(connection, environment.PAGES_TOPIC_ARN),
    log,
    clock,
    by,
  });
});
