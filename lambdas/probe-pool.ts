import { randomBytes } from 'node:crypto';
import { openTable } from '#aws/dynamodb.ts';
import { hostStore } from '#aws/host-store.ts';
import { keySource } from '#aws/secrets.ts';
import { placeProbe } from '#callers/probe-call.ts';
import { monotonicClock } from '#core/clock.ts';
import { Promotion } from '#core/promotion/steps.ts';
import { probePool } from '#operations/pool/probe-pool.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('probe-pool', Promotion, ({ connection, environment, clock }) =>
  probePool({
    hosts: hostStore(openTable(connection, environment.HOSTS_TABLE)),
    // A probe has no use for the telephony secret and no permission to read it.
    sessionKey: keySource(connection, { sessionKey: environment.SESSION_KEY_SECRET, telephony: '' }).sessionKey,
    place: placeProbe(monotonicClock),
    clock,
    random: () => randomBytes(16),
  }),
);
