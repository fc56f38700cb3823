import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { artifactStore } from '#aws/artifact-store.ts';
import { connect } from '#aws/connection.ts';
import { openTable } from '#aws/dynamodb.ts';
import { headStore } from '#aws/head-store.ts';
import { hostStore } from '#aws/host-store.ts';
import { metricSink } from '#aws/metrics.ts';
import { releaseRegistry } from '#aws/release-registry.ts';
import { keySource } from '#aws/secrets.ts';
import { sessionStore } from '#aws/session-store.ts';
import { tenancyStore } from '#aws/tenancy-store.ts';
import { parseOrThrow } from '#core/parse.ts';
import { comparisonIdOn } from '#core/version-set/holdback.ts';
import type { PreparedRelease } from '../agent/ipc.ts';
import { systemClock } from '#core/clock.ts';
import { ecsTaskProtection, type OwnTask, readOwnTask } from '../ecs-task.ts';
import { createLog } from '../log.ts';
import { runTask } from '../run-task.ts';
import { forkAgent } from './agent-process.ts';
import { HostEnvironment } from './environment.ts';
import { Host, type HostPorts } from './host.ts';
import { prepareRelease } from './prepare-release.ts';
import { residentBytes } from './process-memory.ts';
import { sessionConfigs } from './session-configs.ts';

/** The data plane gives up on an answer before a caller notices; its own limits are tighter still. */
const answerMs = 2_000;
const leaseMs = 10_000;
const bytesPerMb = 1_048_576;

const environment = parseOrThrow(HostEnvironment, process.env, 'environment of the host', 'environment');
const { ORG: org, SERVICE: service, RELEASE_ID: releaseId, MAX_PROCESS_MEMORY_MB: memoryMb } = environment;
const clock = systemClock;
const log = createLog({ component: 'host', org, now: clock.now }, { agentVersion: releaseId });

const connection = connect({ answerMs, clock, random: Math.random });
const leases = hostStore(openTable(connection, environment.HOSTS_TABLE));
const registry = releaseRegistry(openTable(connection, environment.REGISTRY_TABLE));
const heads = headStore(openTable(connection, environment.REGISTRY_TABLE));
const artifacts = artifactStore(connection, environment.ARTIFACT_BUCKET);
const tenancy = tenancyStore(openTable(connection, environment.TENANCY_TABLE));

/** A release that cannot be verified never takes a call, and the host's lease says why. */
const prepareOrReport = async ({ id: hostId, address }: OwnTask, folder: string): Promise<PreparedRelease> => {
  try {
    return await prepareRelease(releaseId, { registry, artifacts }, folder);
  } catch (error) {
    await leases.write({
      hostId,
      service,
      releaseId,
      address: `${address}:${environment.PORT}`,
      freeProcesses: 0,
      activeSessions: 0,
      warmTarget: environment.WARM_PROCESSES,
      ready: false,
      draining: false,
      problem: error instanceof Error ? error.message : String(error),
      leaseUntil: clock.now() + leaseMs,
    });
    throw error;
  }
};

const portsOf = (release: PreparedRelease, folder: string, maxSessionSeconds: number): HostPorts => ({
  clock,
  log,
  keys: keySource(connection, { sessionKey: environment.SESSION_KEY_SECRET, telephony: '' }),
  leases,
  sessions: sessionStore(openTable(connection, environment.SESSIONS_TABLE)),
  configs: sessionConfigs({
    release,
    clock,
    log,
    readOverlay: (customerId) => tenancy.forCustomer(customerId).overlay(service),
  }),
  artifacts,
  metrics: metricSink(connection),
  livePromotions: async (service) => (await heads.list(service)).flatMap((head) => comparisonIdOn(head) ?? []),
  protection: ecsTaskProtection(clock, environment.ECS_AGENT_URI),
  spawn: forkAgent(
    {
      entry: fileURLToPath(new URL('../agent/main.ts', import.meta.url)),
      setup: { org, folder, maxSessionSeconds },
      compileCache: join(folder, 'compile-cache'),
      maxHeapMb: Math.floor(memoryMb * 0.75),
    },
    clock,
  ),
  memoryOf: residentBytes,
});

await runTask(clock, log, async () => {
  const task = await readOwnTask(clock, environment.ECS_CONTAINER_METADATA_URI_V4);
  const folder = await mkdtemp(join(tmpdir(), 'lastgood-host-'));
  const release = await prepareOrReport(task, folder);
  log.info('release-verified', { service, version: release.manifest.version });
  const maxSessionSeconds = Math.min(
    environment.MAX_SESSION_SECONDS,
    release.manifest.controls.limits.maxSessionSeconds,
  );
  const host = new Host(portsOf(release, folder, maxSessionSeconds), {
    hostId: task.id,
    service,
    releaseId,
    address: task.address,
    port: environment.PORT,
    warmProcesses: environment.WARM_PROCESSES,
    maxProcesses: environment.MAX_PROCESSES,
    maxSessionSeconds,
    maxMemoryBytes: memoryMb * bytesPerMb,
    stopTimeoutSeconds: environment.STOP_TIMEOUT_SECONDS,
  });
  await host.start();
  return {
    drain: async () => {
      await host.drain();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
