import { LastgoodError } from '#core/errors.ts';
import { type AlarmReader, noSuchAlarm } from '#core/promotion/alarm-reader.ts';
import { type MemoryOptions, operate } from './wire.ts';

/** CloudWatch's own quota of alarms of an account and region. */
const maxAlarms = 5_000;

export interface MemoryAlarms extends AlarmReader {
  /** Creates an alarm, or changes its state. */
  readonly set: (name: string, state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA') => void;
}

export const memoryAlarms = ({ wire }: MemoryOptions): MemoryAlarms => {
  const states = new Map<string, string>();
  return {
    set: (name, state) => {
      if (states.size >= maxAlarms && !states.has(name))
        throw new LastgoodError('disk-full', `the memory of alarms holds ${maxAlarms}, its limit`);
      states.set(name, state);
    },
    inAlarm: (names) =>
      operate(wire, { store: 'alarms', kind: 'read', key: names.join(' ') }, () => {
        for (const name of names) if (!states.has(name)) throw noSuchAlarm(name);
        return names.filter((name) => states.get(name) === 'ALARM');
      }),
  };
};
