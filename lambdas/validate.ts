import { artifactStore } from '#aws/artifact-store.ts';
import { callRecords } from '#aws/call-records.ts';
import { openTable } from '#aws/dynamodb.ts';
import { hostStore } from '#aws/host-store.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { tenancyStore } from '#aws/tenancy-store.ts';
import { ValidateInput } from '#core/promotion/steps.ts';
import { validatePromotion } from '#operations/promotion/validate-promotion.ts';
import { checkOverlays } from '#operations/release/check-overlays.ts';
import { measureTraffic } from '#operations/session/measure-traffic.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('validate', ValidateInput, ({ connection, environment, clock }) => {
  const tenancy = tenancyStore(openTable(connection, environment.TENANCY_TABLE));
  const calls = callRecords(openTable(connection, environment.SESSIONS_TABLE));
  return validatePromotion({
    ...openRegistry(connection, environment.REGISTRY_TABLE),
    part: artifactStore(connection, environment.ARTIFACT_BUCKET).get,
    hosts: hostStore(openTable(connection, environment.HOSTS_TABLE)),
    checkOverlays: checkOverlays({ tenancy }),
    measureTraffic: measureTraffic({ calls, clock }),
    services: environment.SERVICES,
    stage: environment.STAGE,
    maxCallsPerHost: environment.MAX_PROCESSES,
    clock,
  });
});
