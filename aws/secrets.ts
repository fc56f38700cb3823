import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { type KeySource, sessionKeyOf } from '#core/session/key-source.ts';
import type { Connection } from './connection.ts';

export interface SecretNames {
  readonly sessionKey: string;
  readonly telephony: string;
}

/** A rotated secret is in use everywhere after this long. */
const cachedMs = 300_000;

export const keySource = (connection: Connection, names: SecretNames): KeySource => {
  const read = cached(
    () => connection.clock.now(),
    (name: string) => readSecret(connection, name),
  );
  return {
    sessionKey: async () => sessionKeyOf(await read(names.sessionKey), names.sessionKey),
    telephonyAuthToken: async () => parseTelephony(await read(names.telephony), names.telephony),
  };
};

/**
 * Keeps the promise, so that many callers at once make one request. A first one that fails is forgotten; after that the
 * last value read holds while no newer one can be had, because calls must go on without Secrets Manager (static stability).
 */
const cached = (now: () => number, load: (name: string) => Promise<string>) => {
  const entries = new Map<string, { readonly value: Promise<string>; readonly until: number }>();
  return (name: string): Promise<string> => {
    const known = entries.get(name);
    if (known && now() < known.until) return known.value;
    const value = known ? load(name).catch(() => known.value) : load(name);
    entries.set(name, { value, until: now() + cachedMs });
    value.catch(() => entries.delete(name));
    return value;
  };
};

const readSecret = async (connection: Connection, name: string): Promise<string> => {
  const { SecretString } = await connection
    .client(SecretsManagerClient)
    .send(new GetSecretValueCommand({ SecretId: name }));
  if (SecretString !== undefined && SecretString !== '') return SecretString;
  throw new LastgoodError('environment', `the secret ${name} is empty or binary; store text in it`);
};

const Telephony = z.looseObject({ authToken: z.string().min(1) });

/** The parse error stays out of the message: it could quote the secret. */
const parseTelephony = (text: string, name: string): string => {
  try {
    return Telephony.parse(JSON.parse(text)).authToken;
  } catch {
    throw new LastgoodError('environment', `the secret ${name} must be JSON {"authToken": "..."}`);
  }
};
