import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, pause } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import type { Org } from '#core/org/org.ts';
import { type Cloud, startCloud } from '#local/cloud.ts';
import type { CloudLog } from '#local/context.ts';
import { synthesize } from '#local/synth.ts';
import { liveEdges } from '../org/org-sessions.ts';
import { type OrgAccess, accessOrg } from '../org/org-access.ts';

export interface BringUpOptions {
  /** 0 takes a free port. */
  readonly port: number;
  readonly projectRoot: string;
  readonly orgs: readonly Org[];
  /** @default - nothing is kept */
  readonly dataDir?: string;
  /** What is being done, for people. */
  /** @param detail how far the step is */
  readonly onStep: (step: string, detail?: string) => void;
  /** @default - dropped */
  readonly log?: CloudLog;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** That of this process: it gets what a user would set to reach the embedded cloud. */
  readonly environment: Record<string, string | undefined>;
}

/** The orgs of `orgs/*.yaml` on this machine. */
export interface Running {
  readonly endpoint: string;
  readonly orgs: readonly OrgAccess[];
  readonly cloud: Cloud;
  /** Ends everything that was started; no process is left behind. Safe to call twice. */
  close(): Promise<void>;
}

const edgesWaitMs = 60_000;
const edgesPollMs = 250;

/**
 * Starts the embedded cloud, deploys the synthesized templates of every org, and waits until each org's edges take calls.
 * From then on this process reaches AWS through it, as any other that has `AWS_ENDPOINT_URL` set.
 * @throws LastgoodError `port-in-use`, `timeout` when edges do not come up, `interrupted`
 */
export const bringUp = async (options: BringUpOptions): Promise<Running> => {
  const { port, projectRoot, dataDir, orgs, onStep, log, signal, clock, environment } = options;
  onStep('starting the embedded cloud');
  const cloud = await startCloud({
    port,
    projectRoot,
    ...(dataDir !== undefined && { dataDir }),
    ...(log !== undefined && { log }),
  });
  const assemblies = await mkdtemp(join(tmpdir(), 'lastgood-assembly-'));
  const accesses: OrgAccess[] = [];
  const close = async (): Promise<void> => {
    for (const access of accesses) access.connection.close();
    await cloud.close();
    await rm(assemblies, { recursive: true, force: true });
  };
  try {
    Object.assign(environment, cloudEnvironment(cloud.endpoint));
    onStep('synthesizing the CDK app');
    // Functions run from the assembly, so it stays for as long as the cloud.
    const outputFolder = join(assemblies, 'cdk.out');
    await synthesize({ projectRoot, outputFolder, orgs: orgs.map(({ name }) => name), signal });
    await cloud.deploy(outputFolder, {
      progress: ({ stackName, region, done, total }) =>
        onStep(`deploying ${stackName} to ${region}`, `(${done} of ${total} resources)`),
    });
    accesses.push(...orgs.map(accessOrg));
    onStep('waiting for the edges');
    for (const access of accesses) await edgesReady(access, clock, signal);
    return { endpoint: cloud.endpoint, orgs: accesses, cloud, close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** What a shell needs to speak to an embedded cloud, which takes any identity. */
export const cloudEnvironment = (endpoint: string): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_REGION: 'us-east-1',
});

const edgesReady = async (access: OrgAccess, clock: Clock, signal: AbortSignal): Promise<void> => {
  const edges = liveEdges(access, clock);
  const deadline = clock.now() + edgesWaitMs;
  while (clock.now() < deadline) {
    if (signal.aborted) throw new LastgoodError('interrupted', `stopped while the edges of ${access.org.name} came up`);
    const [url] = await edges();
    if (url !== undefined && (await isHealthy(url))) return;
    await pause(clock, edgesPollMs, signal);
  }
  throw new LastgoodError(
    'timeout',
    `no edge of ${access.org.name} took calls within ${edgesWaitMs / 1_000} s; see the log`,
  );
};

const isHealthy = async (url: string): Promise<boolean> => {
  try {
    const answer = await fetch(new URL('/healthz', url.replace(/^ws/, 'http')), { signal: AbortSignal.timeout(2_000) });
    return answer.ok;
  } catch {
    return false;
  }
};
