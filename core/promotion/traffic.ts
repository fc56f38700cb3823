import type { ServiceName, SetName } from '../words/names.ts';

export interface Traffic {
  /**
   * Calls that started per minute over the last ten minutes.
   * @returns undefined when the first of them is younger than five minutes: the beginning of traffic is no measure of it
   */
  readonly callsPerMinute: (service: ServiceName, set: SetName, now: Date) => Promise<number | undefined>;
}
