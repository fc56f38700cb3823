import { type ChildProcess, fork } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { liveEdges } from '#cli/org/org-sessions.ts';
import { type OrgAccess, accessOrg } from '#cli/org/org-access.ts';
import { systemClock } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import { parseOrg } from '#core/org/org.ts';
import type { BenchContext } from '../harness.ts';
import type { CloudProcessMessage, CloudProcessSettings } from './cloud-process.ts';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));

export interface LiveOptions {
  /** Services of the bench's org. @default - `appointments` alone */
  readonly services?: readonly string[];
  /** Processes kept warm per host. @default 4 */
  readonly warmProcesses?: number;
  /** Edges of the org. @default 2 */
  readonly edges?: number;
  /** The alarm path alone. @default false */
  readonly withoutInBand?: boolean;
  readonly onStep: (text: string) => void;
  /** What a bench was given. */
  readonly context: Pick<BenchContext, 'signal' | 'logFile'>;
}

/** One org on an embedded cloud, real processes and sockets throughout, for as long as a bench runs. */
export interface Live {
  readonly access: OrgAccess;
  readonly services: readonly string[];
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Removes everything; safe to call twice. */
  close(): Promise<void>;
}

/** Waits, unless the bench is stopped. @throws LastgoodError `interrupted` */
export const pauseLive = async ({ signal }: Pick<Live, 'signal'>, ms: number): Promise<void> => {
  await pause(ms, undefined, { signal }).catch(() => {});
  if (signal.aborted) throw interrupted();
};

const upLimitMs = 300_000;
const downLimitMs = 30_000;
const maxLogCharacters = 4_000;

/** What the org of a bench looks like; far from every limit that a bench does not measure. */
const benchOrg = ({ services = ['appointments'], warmProcesses = 4, edges = 2 }: LiveOptions) => ({
  name: 'bench',
  account: '333333333333',
  region: 'us-east-1',
  zone: 'us',
  // Plans of a bench are none for production.
  stage: 'staging',
  services: services.map((name) => ({
    name,
    baselineErrorRate: 0.02,
    expectedCallsPerMinute: 60,
    customerCallsPerMinute: 100_000,
  })),
  edge: { desiredCount: edges, maxPendingSessions: 200, maxWaitMs: 10_000 },
  pool: { hosts: 1, warmProcesses, maxProcesses: 100, maxSessionSeconds: 300 },
});

/** What a stopped bench rejects with. */
const interrupted = (): LastgoodError => new LastgoodError('interrupted', 'the bench was stopped by Ctrl-C');

/** Resolves with the endpoint. */
const cloudReady = (child: ChildProcess, { onStep, context: { signal } }: LiveOptions): Promise<string> =>
  new Promise((resolve, reject) => {
    const fail = (message: string): void => reject(new LastgoodError('internal', message));
    const timer = setTimeout(() => fail(`the embedded cloud was not up within ${upLimitMs / 1000} s`), upLimitMs);
    signal.addEventListener('abort', () => reject(interrupted()), { once: true });
    child.once('exit', (code) => fail(`the embedded cloud ended with ${code}`));
    child.on('message', (message: CloudProcessMessage) => {
      if (message.type === 'step') return onStep(message.text);
      clearTimeout(timer);
      if (message.type === 'ready') return resolve(message.endpoint);
      fail(message.message);
    });
  });

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (child.connected) child.disconnect();
  const late = pause(downLimitMs, undefined, { ref: false }).then(() => child.kill('SIGKILL'));
  await Promise.race([gone, late]);
};

const edgesReady = async (access: OrgAccess, wanted: number, signal: AbortSignal): Promise<void> => {
  const edges = liveEdges(access, systemClock);
  for (const deadline = Date.now() + upLimitMs; Date.now() < deadline;) {
    if (signal.aborted) throw interrupted();
    const leases = await access.edges.list();
    if (leases.length >= wanted && (await edges()).length > 0) return;
    await pause(250);
  }
  throw new LastgoodError('timeout', 'the edges of the bench did not come up');
};

/** The end of the log, for the error of a bench that could not start. */
const tailOf = async (logFile: string): Promise<string> =>
  (await readFile(logFile, 'utf8').catch(() => '')).slice(-maxLogCharacters);

/**
 * Synthesizes the CDK app for the bench's org, deploys it into an embedded cloud in a process of its own, and waits for
 * the edges. This process reaches AWS through it from then on.
 */
export const bringUp = async (options: LiveOptions): Promise<Live> => {
  const { onStep, context, services = ['appointments'], withoutInBand = false } = options;
  const { signal } = context;
  const folder = await mkdtemp(join(tmpdir(), 'lastgood-bench-'));
  const orgsFolder = join(folder, 'orgs');
  const logFile = context.logFile ?? join(folder, 'cloud.log');
  const org = parseOrg(benchOrg(options), 'the org of the bench');
  await mkdir(orgsFolder);
  await writeFile(join(orgsFolder, `${org.name}.yaml`), stringify(org));
  onStep('starting the embedded cloud');
  const assemblyFolder = join(folder, 'cdk.out');
  const settings: CloudProcessSettings = { projectRoot, orgsFolder, assemblyFolder, logFile, withoutInBand };
  const child = fork(fileURLToPath(new URL('./cloud-process.ts', import.meta.url)), [JSON.stringify(settings)]);
  let access: OrgAccess | undefined;
  const close = async (): Promise<void> => {
    access?.connection.close();
    await stop(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const endpoint = await cloudReady(child, options);
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_REGION: org.region,
    });
    access = accessOrg(org);
    onStep('waiting for the edges');
    await edgesReady(access, org.edge.desiredCount, signal);
    return { access, services, signal, close };
  } catch (error) {
    const tail = await tailOf(logFile);
    await close();
    if (tail !== '') process.stderr.write(`the end of the log of the embedded cloud:\n${tail}\n`);
    throw error;
  }
};
