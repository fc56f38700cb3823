import { artifactStore } from '#aws/artifact-store.ts';
import { openTable } from '#aws/dynamodb.ts';
import { headStore } from '#aws/head-store.ts';
import { hostStore } from '#aws/host-store.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { releaseRegistry } from '#aws/release-registry.ts';
import { sessionStore } from '#aws/session-store.ts';
import { tenancyStore } from '#aws/tenancy-store.ts';
import { ValidateInput } from '#core/promotion/steps.ts';
import { validate } from '#operations/promotion/validate-promotion.ts';
import { overlayCheck } from '#operations/release/check-overlays.ts';
import { traffic } from '#operations/session/measure-traffic.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('validate', ValidateInput, ({ connection, environment, now }) => {
  const registry = openTable(connection, environment.REGISTRY_TABLE);
  return validate({
    heads: headStore(registry),
    releases: releaseRegistry(registry),
    part: artifactStore(connection, environment.ARTIFACT_BUCKET).get,
    hosts: hostStore(openTable(connection, environment.HOSTS_TABLE)),
    overlays: overlayCheck(tenancyStore(openTable(connection, environment.TENANCY_TABLE))),
    traffic: traffic(sessionStore(openTable(connection, environment.SESSIONS_TABLE))),
    promotions: promotionStore(registry),
    services: environment.SERVICES,
    maxCallsPerHost: environment.MAX_PROCESSES,
    now,
  });
});
