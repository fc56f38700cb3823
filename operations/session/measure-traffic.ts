import type { Clock } from '#core/clock.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';

export interface MeasureTrafficPorts {
  readonly sessions: Pick<SessionStore, 'listByService'>;
  readonly clock: Clock;
}

const lookBackMinutes = 10;
const leastMinutes = 5;
/** More calls than this would not change a forecast. */
const maxCalls = 20_000;

/**
 * Calls that started per minute over the last ten minutes.
 * @returns undefined when the first of them is younger than five minutes: the beginning of traffic is no measure of it
 */
export const measureTraffic =
  ({ sessions, clock }: MeasureTrafficPorts) =>
  async (service: ServiceName, set: SetName): Promise<number | undefined> => {
    const nowMs = clock.now();
    let calls = 0;
    let minutes = 0;
    const from = new Date(nowMs - lookBackMinutes * 60_000);
    for await (const { assignment } of sessions.listByService(service, set, { from })) {
      if (assignment.probe) continue;
      if (calls === 0) minutes = (nowMs - Date.parse(assignment.startedAt)) / 60_000;
      calls += 1;
      if (calls >= maxCalls) break;
    }
    return minutes < leastMinutes ? undefined : calls / minutes;
  };
