import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { openTable } from '#aws/dynamodb.ts';
import { headStore } from '#aws/head-store.ts';
import { hostStore } from '#aws/host-store.ts';
import { keySource } from '#aws/secrets.ts';
import { warmthStore } from '#aws/warmth-store.ts';
import { placeProbe } from '#callers/probe-call.ts';
import { proveWarmth } from '#operations/pool/prove-warmth.ts';
import { lambdaHandler } from './entrance/handler.ts';

export const handler = lambdaHandler('prove-warmth', z.unknown(), ({ connection, environment, log, now }) => {
  const registry = openTable(connection, environment.REGISTRY_TABLE);
  return proveWarmth({
    heads: headStore(registry),
    warmth: warmthStore(registry),
    probe: {
      hosts: hostStore(openTable(connection, environment.HOSTS_TABLE)),
      sessionKey: keySource(connection, { sessionKey: environment.SESSION_KEY_SECRET, telephony: '' }).sessionKey,
      place: placeProbe,
      now,
      random: () => randomBytes(16),
    },
    services: environment.SERVICES,
    log,
    now,
  });
});
