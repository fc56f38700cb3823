import type { AlarmReader } from '#core/promotion/alarm-reader.ts';
import { type FunctionFaults, type FunctionParts, SimulatedFunction } from './lambda.ts';
import { org as orgName } from './names.ts';
import type { World } from './world.ts';

export interface FunctionsSettings {
  readonly faults: () => FunctionFaults;
  readonly hostsPerPool: number;
  readonly maxCallsPerHost: number;
  readonly alarms: AlarmReader;
}

/** What all functions are made with. */
export const functionKit = (world: World, settings: FunctionsSettings) => {
  const { org, services } = world;
  const { alarms, faults } = settings;
  const stores = { ...org, alarms, calls: org.sessions.calls, part: org.artifacts.get, services, org: orgName };
  return {
    world,
    settings,
    stores,
    defined: <Event, Answer>(
      name: string,
      timeoutSeconds: number,
      create: (parts: FunctionParts) => (event: Event) => Promise<Answer>,
    ) => new SimulatedFunction(world, { name, timeoutMs: timeoutSeconds * 1_000, create }, faults),
    probing: (parts: FunctionParts) => ({ ...stores, ...parts, ...probePorts(world) }),
  };
};

export type FunctionKit = ReturnType<typeof functionKit>;

/** A probe's call reaches the pool's hosts and speaks at once. Its token is signed outside of virtual time, which stands meanwhile. */
const probePorts = (world: World) => {
  let release: () => void = () => undefined;
  return {
    sessionKey: async () => {
      const key = await world.org.keys.sessionKey();
      release = world.hold();
      return key;
    },
    place: async () => {
      release();
      return { firstAudioMs: 200 };
    },
    random: () => Buffer.alloc(16, Math.floor(world.chance.random() * 256)),
  };
};
