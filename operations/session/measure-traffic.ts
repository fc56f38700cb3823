import type { Traffic } from '#core/promotion/traffic.ts';
import type { SessionStore } from '#core/session/session-store.ts';

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
