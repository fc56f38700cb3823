import { type KeySource, sessionKeyOf } from '#core/session/key-source.ts';
import { type MemoryOptions, operate } from './wire.ts';

export interface Keys {
  /** At least 32 bytes as UTF-8. */
  readonly sessionKey: string;
  readonly telephonyAuthToken: string;
}

/** @param keys asked at each use, so that a rotation shows at once */
export const memoryKeys = ({ wire }: MemoryOptions, keys: () => Keys): KeySource => {
  const read = <T>(key: string, effect: () => T) => operate(wire, { store: 'keys', kind: 'read', key }, effect);
  return {
    sessionKey: () => read('session-key', () => sessionKeyOf(keys().sessionKey, 'session-key')),
    telephonyAuthToken: () => read('telephony', () => keys().telephonyAuthToken),
  };
};
