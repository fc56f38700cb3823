import { artifactStore } from '#aws/artifact-store.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { pager } from '#aws/pages.ts';
import { NotifyInput } from '#core/promotion/steps.ts';
import { pageRefused } from '#operations/paging/page-refused.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('notify', NotifyInput, ({ connection, environment, clock, by }) =>
  pageRefused({
    ...openRegistry(connection, environment.REGISTRY_TABLE),
    part: artifactStore(connection, environment.ARTIFACT_BUCKET).get,
    pager: pager(connection, environment.PAGES_TOPIC_ARN),
    clock,
    by,
  }),
);
