import { openTable } from '#aws/dynamodb.ts';
import { releaseEvidence } from '#aws/release-evidence.ts';
import { Promotion } from '#core/promotion/steps.ts';
import { replay } from '#operations/promotion/count-replays.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('replay', Promotion, ({ connection, environment }) =>
  replay({ evidence: releaseEvidence(openTable(connection, environment.REGISTRY_TABLE)) }),
);
