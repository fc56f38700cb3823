import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ReleaseId } from '#core/words/digest.ts';
import { systemClock as clock } from '#core/clock.ts';
import { forkAgent } from '#runtime/host/agent-process.ts';
import { Host, type HostPorts } from '#runtime/host/host.ts';
import { prepareRelease, type ReleaseSource } from '#runtime/host/prepare-release.ts';
import { residentBytes } from '#runtime/host/process-memory.ts';
import { sessionConfigs } from '#runtime/host/session-configs.ts';
import { createLog } from '#runtime/log.ts';
import { FakeArtifacts, fakeKeys } from '../../runtime/support/fakes.ts';
import { org, service } from '../../runtime/support/heads.ts';
import type { HostProcessSetup } from './cluster.ts';

/** A host as its own process: everything is real but the ports, which the test holds at the other end of the IPC channel. */
const setup = JSON.parse(process.argv[2] ?? '{}') as HostProcessSetup;
const pending = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
let calls = 0;

const remote = <Port extends object>(port: string): Port =>
  new Proxy({} as Port, {
    get:
      (_, method) =>
      (...args: unknown[]) =>
        new Promise((resolve, reject) => {
          const id = ++calls;
          pending.set(id, { resolve, reject });
          process.send?.({ id, port, method, args });
        }),
  });

interface Answer {
  readonly id: number;
  readonly value?: never;
  readonly bytes?: string;
  readonly error?: string;
}

process.on('message', ({ id, value, bytes, error }: Answer) => {
  const call = pending.get(id);
  pending.delete(id);
  if (error !== undefined) call?.reject(new Error(error));
  else call?.resolve(bytes === undefined ? (value as never) : (Buffer.from(bytes, 'base64') as never));
});
process.on('disconnect', () => process.exit(1));

const log = createLog({ component: 'host', org: 'acme', now: clock.now });
const folder = await mkdtemp(join(tmpdir(), 'lastgood-test-'));
const releaseId = ReleaseId.parse(setup.releaseId);
const source = {
  registry: remote<ReleaseSource['registry']>('registry'),
  artifacts: remote<ReleaseSource['artifacts']>('artifacts'),
};
const release = await prepareRelease(releaseId, source, folder);
const ports: HostPorts = {
  clock,
  log,
  keys: fakeKeys,
  leases: remote<HostPorts['leases']>('leases'),
  sessions: remote<HostPorts['sessions']>('sessions'),
  configs: sessionConfigs({ release, readOverlay: async () => undefined, clock, log }),
  artifacts: new FakeArtifacts(),
  metrics: remote<HostPorts['metrics']>('metrics'),
  livePromotions: () => Promise.resolve([]),
  protection: remote<HostPorts['protection']>('protection'),
  spawn: forkAgent(
    {
      entry: fileURLToPath(import.meta.resolve('#runtime/agent/main.ts')),
      setup: { org, folder, maxSessionSeconds: setup.maxSessionSeconds },
      compileCache: setup.compileCache,
      maxHeapMb: 256,
    },
    clock,
  ),
  memoryOf: residentBytes,
};
const host = new Host(ports, {
  hostId: setup.hostId,
  service,
  releaseId,
  address: '127.0.0.1',
  port: 0,
  warmProcesses: setup.warmProcesses,
  maxProcesses: setup.maxProcesses,
  maxSessionSeconds: setup.maxSessionSeconds,
  maxMemoryBytes: 300 * 1_048_576,
  stopTimeoutSeconds: 120,
});
process.on('SIGTERM', () => void host.drain().then(() => process.exit(0)));
await host.start();
