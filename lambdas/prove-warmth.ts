import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { openTable } from '#aws/dynamodb.ts';
import { hostStore } from '#aws/host-store.ts';
import { metricSink } from '#aws/metrics.ts';
import { openRegistry } from '#aws/open-registry.ts';
import { keySource } from '#aws/secrets.ts';
import { placeProbe } from '#callers/probe-call.ts';
import { monotonicClock } from '#core/clock.ts';
import { proveWarmth } from '#operations/pool/prove-warmth.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('prove-warmth', z.unknown(), ({ connection, environment, log, clock }) =>
  proveWarmth({
    ...openRegistry(connection, environment.REGISTRY_TABLE),
    hosts: hostStore(openTable(connection, environment.HOSTS_TABLE)),
    sessionKey: keySource(connection, { sessionKey: environment.SESSION_KEY_SECRET, telephony: '' }).sessionKey,
    place: placeProbe(monotonicClock),
    random: () => randomBytes(16),
    metrics: metricSink(connection),
    services: environment.SERVICES,
    log,
    clock,
  }),
);
