import { describe, expect, test } from 'vitest';
import type { Connection } from '#aws/connection.ts';
import { keySource } from '#aws/secrets.ts';

const names = { sessionKey: 'key', telephony: 'telephony' };
const textOf = (key: Uint8Array) => new TextDecoder().decode(key);

const setUp = () => {
  const secret = { value: 'a'.repeat(32), down: false, reads: 0 };
  const send = (): Promise<{ SecretString: string }> => {
    secret.reads += 1;
    return secret.down ? Promise.reject(new Error('unreachable')) : Promise.resolve({ SecretString: secret.value });
  };
  const clock = { ms: 0 };
  const connection = { client: () => ({ send }), clock: { now: () => clock.ms } } as unknown as Connection;
  return { secret, clock, keys: keySource(connection, names) };
};

describe('keys', () => {
  test('are read once for many callers, and again after five minutes', async () => {
    const { secret, clock, keys } = setUp();
    await Promise.all([keys.sessionKey(), keys.sessionKey()]);
    expect(secret.reads).toBe(1);
    secret.value = 'b'.repeat(32);
    clock.ms = 300_000;
    expect(textOf(await keys.sessionKey())).toBe('b'.repeat(32));
    expect(secret.reads).toBe(2);
  });

  test('invariant 7: the last one read holds while no newer one can be had', async () => {
    const { secret, clock, keys } = setUp();
    await keys.sessionKey();
    secret.down = true;
    for (clock.ms = 300_000; clock.ms <= 3_600_000; clock.ms += 300_000)
      expect(textOf(await keys.sessionKey())).toBe('a'.repeat(32));
    secret.down = false;
    secret.value = 'b'.repeat(32);
    clock.ms += 300_000;
    expect(textOf(await keys.sessionKey())).toBe('b'.repeat(32));
  });

  test('a first read that fails is tried again by the next caller', async () => {
    const { secret, keys } = setUp();
    secret.down = true;
    await expect(keys.sessionKey()).rejects.toThrow('unreachable');
    secret.down = false;
    expect(textOf(await keys.sessionKey())).toBe('a'.repeat(32));
  });
});
