import type { ServiceName, SetName } from '#core/words/names.ts';
import type { SessionStore } from './session-store.ts';

export interface Traffic {
  /**
   * Calls that started per minute over the last ten minutes.
   * @returns undefined when the first of them is younger than five minutes: the beginning of traffic is no measure of it
   */
  readonly callsPerMinute: (service: ServiceName, set: SetName, now: Date) => Promise<number | undefined>;
}

const lookBackMinutes = 10;
const leastMinutes = 5;
/** More calls than this would not change a forecast. */
const maxCalls = 20_000;

export const traffic = (sessions: Pick<SessionStore, 'listByService'>): Traffic => ({
  callsPerMinute: async (service, set, now) => {
    let calls = 0;
    let minutes = 0;
    const from = new Date(now.getTime() - lookBackMinutes * 60_000);
    for await (const { assignment } of sessions.listByService(service, set, { from })) {
      if (assignment.probe) continue;
      if (calls === 0) minutes = (now.getTime() - Date.parse(assignment.startedAt)) / 60_000;
      calls += 1;
      if (calls >= maxCalls) break;
    }
    return minutes < leastMinutes ? undefined : calls / minutes;
  },
});
