import { LastgoodError } from '../errors.ts';

export interface AlarmReader {
  /**
   * The alarms among `names` that are in ALARM now.
   * @throws LastgoodError `not-found` when one does not exist: a canary without its alarms has lost a safety net
   */
  readonly inAlarm: (names: readonly string[]) => Promise<readonly string[]>;
}

export const noSuchAlarm = (name: string): LastgoodError =>
  new LastgoodError('not-found', `there is no alarm ${name} in this org; deploy its observability stack`);
