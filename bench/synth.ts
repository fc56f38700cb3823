import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LastgoodError } from '#core/errors.ts';
import { zones } from '#core/org/zone.ts';
import { projectRoot } from '#lib/project-root.ts';
import { type Bench, type BenchContext, type Row, reportedRow, targetRow } from './harness.ts';

interface Synth {
  readonly seconds: number;
  /** Processor time of every Node process: what stays comparable when other things run beside. */
  readonly cpuSeconds: number;
  /** Peak of the largest Node process: the CDK app. */
  readonly peakMb: number;
}

/** One org out of many may take as much longer as two runs of the same differ. */
const allowedRatio = 1.2;
/** Short runs are measured so often, and the median counts. */
const repeats = 3;

const regions = Object.entries(zones).flatMap(([zone, names]) => names.map((region) => ({ zone, region })));

/** Orgs as they stand in `orgs/`: accounts of their own, regions in turn. */
const writeOrgs = (folder: string, count: number): void => {
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < count; index += 1) {
    const { zone, region } = regions[index % regions.length] ?? { zone: 'eu', region: 'eu-west-1' };
    const name = `bench-${String(index).padStart(3, '0')}`;
    const account = String(100_000_000_000 + index);
    const text = `name: ${name}\naccount: '${account}'\nregion: ${region}\nzone: ${zone}\nservices:\n  - name: appointments\ncontacts:\n  - email: on-call@bench.example\n`;
    writeFileSync(join(folder, `${name}.yaml`), text);
  }
};

/** Each Node process below appends its own peak and processor time when it ends; the one with the largest peak is the app. */
const memoryProbe = (file: string): string =>
  `import { appendFileSync } from 'node:fs';
process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  appendFileSync(${JSON.stringify(file)}, maxRSS + ' ' + (userCPUTime + systemCPUTime) + '\\n');
});`;

/** Runs the stock CDK command line, as a person would. */
const synth = async (folder: string, orgs: string, select: string | undefined, signal: AbortSignal): Promise<Synth> => {
  const run = mkdtempSync(join(folder, 'run-'));
  const memory = join(run, 'memory');
  const probe = join(run, 'probe.mjs');
  writeFileSync(memory, '');
  writeFileSync(probe, memoryProbe(memory));
  const selection = select === undefined ? [] : ['-c', `org=${select}`];
  const startedAt = performance.now();
  await new Promise<void>((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        join(projectRoot, 'node_modules/aws-cdk/bin/cdk'),
        'synth',
        '-q',
        '-o',
        join(run, 'out'),
        '-c',
        `orgs=${orgs}`,
        ...selection,
      ],
      {
        cwd: projectRoot,
        env: { ...process.env, NODE_OPTIONS: `--import=${probe}` },
        stdio: ['ignore', 'ignore', 'pipe'],
        signal,
      },
    );
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors = `${errors}${chunk.toString()}`.slice(-2_000);
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new LastgoodError('internal', `cdk synth ended with ${code}:\n${errors}`)),
    );
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  const processes = readFileSync(memory, 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number));
  const peaksKb = processes.map(([peakKb = NaN]) => peakKb);
  const cpuMicros = processes.reduce((sum, [, micros = NaN]) => sum + micros, 0);
  const stacks = readdirSync(join(run, 'out')).filter((name) => name.startsWith('assembly-')).length;
  rmSync(run, { recursive: true, force: true });
  if (stacks === 0) throw new LastgoodError('internal', 'cdk synth wrote no assembly');
  return { seconds, cpuSeconds: cpuMicros / 1_000_000, peakMb: Math.max(...peaksKb) / 1_024 };
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const medianOf = (runs: readonly Synth[]): Synth => ({
  seconds: median(runs.map(({ seconds }) => seconds)),
  cpuSeconds: median(runs.map(({ cpuSeconds }) => cpuSeconds)),
  peakMb: Math.max(...runs.map(({ peakMb }) => peakMb)),
});

const run = async ({ progress, signal }: BenchContext): Promise<readonly Row[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'lastgood-bench-synth-'));
  const total = 2 * repeats + 2;
  let done = 0;
  const measure = async (label: string, orgs: number, select?: string): Promise<Synth> => {
    progress(done, total, label);
    const orgsFolder = join(folder, `orgs-${orgs}`);
    writeOrgs(orgsFolder, orgs);
    const result = await synth(folder, orgsFolder, select, signal);
    done += 1;
    return result;
  };
  try {
    const alone: Synth[] = [];
    const selected: Synth[] = [];
    // In turn, so that both meet the same machine.
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      alone.push(await measure('1 org', 1));
      selected.push(await measure('1 org of 50', 50, 'bench-007'));
    }
    const ten = await measure('10 orgs', 10);
    const fifty = await measure('50 orgs', 50);
    progress(total, total);
    const one = medianOf(alone);
    const oneOfFifty = medianOf(selected);
    return [
      ...rowsOf('1 org', one),
      ...rowsOf('10 orgs', ten),
      ...rowsOf('50 orgs', fifty),
      ...rowsOf('1 org of 50 by -c org=', oneOfFifty),
      targetRow(
        'processor time, 1 org of 50 against 1 org alone',
        'x',
        oneOfFifty.cpuSeconds / one.cpuSeconds,
        '<=',
        allowedRatio,
      ),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const rowsOf = (what: string, { seconds, cpuSeconds, peakMb }: Synth): readonly Row[] => [
  reportedRow(`synth, ${what}`, 's', seconds),
  reportedRow(`processor time, ${what}`, 's', cpuSeconds),
  reportedRow(`peak memory, ${what}`, 'MB', peakMb),
];

export const bench: Bench = {
  name: 'synth',
  run,
};
