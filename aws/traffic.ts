import type { ServiceName, SetName } from '#core/org/names.ts';
import type { SessionStore } from './session-store.ts';

export interface Traffic {
  /** Calls that started per minute over the last ten minutes. @returns undefined when there were none */
  readonly callsPerMinute: (service: ServiceName, set: SetName, now: Date) => Promise<number | undefined>;
}

const lookBackMinutes = 10;
/** More calls than this would not change a forecast. */
const maxCalls = 20_000;

export const traffic = (sessions: Pick<SessionStore, 'listByService'>): Traffic => ({
  callsPerMinute: async (service, set, now) => {
    let calls = 0;
    let firstMs = now.getTime();
    const from = new Date(now.getTime() - lookBackMinutes * 60_000);
    for await (const { assignment } of sessions.listByService(service, set, { from })) {
      if (assignment.probe) continue;
      if (calls === 0) firstMs = Date.parse(assignment.startedAt);
      calls += 1;
      if (calls >= maxCalls) break;
    }
    // A service that began a minute ago is measured over that minute.
    const minutes = Math.max(1, Math.min(lookBackMinutes, (now.getTime() - firstMs) / 60_000));
    return calls === 0 ? undefined : calls / minutes;
  },
});
