import { LastgoodError } from '../errors.ts';

export interface KeySource {
  /** HS256 key that signs customer tokens, tickets and assignments. */
  readonly sessionKey: () => Promise<Uint8Array>;
  /** Auth token of the telephony account, which signs its webhooks. */
  readonly telephonyAuthToken: () => Promise<string>;
}

/** HS256 wants a key of at least 256 bits: RFC 7518, section 3.2. */
const minKeyBytes = 32;

/**
 * The key that a secret's text is.
 * @param name of the secret, for the message
 * @throws LastgoodError `environment` when it is too short to sign with
 */
export const sessionKeyOf = (text: string, name: string): Uint8Array => {
  const key = new TextEncoder().encode(text);
  if (key.byteLength >= minKeyBytes) return key;
  throw new LastgoodError(
    'environment',
    `the secret ${name} has ${key.byteLength} bytes; signing needs ${minKeyBytes} or more: rotate it`,
  );
};
