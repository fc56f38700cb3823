import { alarmNames, poolName } from '#core/org/resource-names.ts';
import { openMemoryOrg } from '#memory/org.ts';
import { at } from '../core/version-set/build.ts';
import { everyPortContract } from '../contracts/ports/every-port.ts';
import type { PortsUnderTest } from '../contracts/ports/ports-under-test.ts';

const startMs = Date.parse(at(0));

const openMemory = (): PortsUnderTest => {
  /** Pools that were deleted with calls in them: their last task ends at the second look. */
  const busy = new Map<string, number>();
  const org = openMemoryOrg({
    // Nothing waits: whoever lost a race tries again when the others have had their turn.
    clock: { now: () => startMs, after: (_delayMs, task) => (queueMicrotask(task), () => undefined) },
    random: () => 0.5,
    keys: { sessionKey: 'k'.repeat(64), telephonyAuthToken: 'token' },
    pools: { protectedTasks: (pool) => takeOne(busy, pool) },
  });
  for (const name of Object.values(alarmNames('appointments'))) org.alarms.set(name, 'OK');
  return {
    ...org,
    openSessions: org.sessions.openSessions,
    now: () => startMs,
    calls: org.sessions.calls,
    doors: {
      removeEntry: async (service, set, revision) => {
        const [key] = org.headItems.entries
          .entries()
          .find(([key, entry]) => key.startsWith(`${service}#${set}#`) && entry.revision === revision) ?? [''];
        await org.headItems.entries.remove(key);
      },
      plantHead: async (head) => org.headItems.heads.place(`${head.service}#${head.set}`, head),
      plantSession: async (session) => org.sessions.records.place(session.assignment.sessionId, session),
      spoilState: async (comparisonId) => org.judgeStates.states.place(comparisonId, { version: 1, state: undefined }),
      plantArtifact: async (digest, bytes) => org.artifacts.plant(digest, bytes),
      plantOverlay: async (key, overlay) => org.tenancy.current.place(`${key}#${overlay.service}`, overlay),
      deletePool: async (service, release) => {
        busy.set(poolName(service, release), 2);
        org.pools.deleteByForce(service, release);
      },
      endExecution: async (input) => org.executions.finish(input, 'succeeded'),
    },
  };
};

const takeOne = (busy: Map<string, number>, pool: string): number => {
  const looks = busy.get(pool) ?? 0;
  busy.set(pool, Math.max(0, looks - 1));
  return looks > 0 ? 1 : 0;
};

const ports = openMemory();

everyPortContract(() => ports);
