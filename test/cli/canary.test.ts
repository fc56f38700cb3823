import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { canaryAnalyzeCommand } from '#cli/canary/analyze.ts';
import { canaryForecastCommand } from '#cli/canary/forecast.ts';
import { canaryReportCommand } from '#cli/canary/report.ts';
import { traffic } from '#test/core/canary/calls.ts';

let folder: string;
let printed: string;
let warned: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'canary-'));
  printed = '';
  warned = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    warned += String(text);
    return true;
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = 0;
  await rm(folder, { recursive: true });
});

const worse = traffic({ calls: 3_000, weightPercent: 5, stableRate: 0.04, candidateRate: 0.4, seed: 1 });
const lines = (calls: readonly object[]): string => calls.map((call) => JSON.stringify(call)).join('\n');
const file = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};
const minimalPlan = 'name: mine\nsteps:\n  - weightPercent: 5\n';

describe('canary analyze', () => {
  const analyze = async (text: string, ...more: string[]): Promise<void> => {
    const input = await file('calls.ndjson', text);
    const plan = await file('plan.yaml', minimalPlan);
    await canaryAnalyzeCommand().parseAsync(['--input', input, '--plan', plan, ...more], { from: 'user' });
  };

  test('prints the verdict with its deciding call as one JSON object', async () => {
    await analyze(lines(worse), '--json');
    const verdict: unknown = JSON.parse(printed);
    expect(verdict).toMatchObject({ verdict: 'abort', metrics: { errorRate: { decides: true } } });
    const { callIndex, metrics } = verdict as {
      callIndex: number;
      metrics: { errorRate: { candidate: { n: number } } };
    };
    const upTo = worse.slice(0, callIndex + 1).filter(({ arm }) => arm === 'candidate');
    expect(metrics.errorRate.candidate.n).toBe(upTo.length);
  });

  test('gives the same for shuffled lines and repeats, and says how many there were', async () => {
    await analyze(lines(worse), '--json');
    const [first] = [printed];
    printed = '';
    await analyze(lines([...worse.toReversed(), ...worse.slice(0, 5)]), '--json');
    expect(JSON.parse(printed)).toEqual(JSON.parse(first));
    expect(warned).toContain('5 records repeat another');
  });

  test('prints a sentence and a table for people', async () => {
    await analyze(lines(worse));
    expect(printed).toMatch(/^ABORT {2}candidate fails \d+ of \d+ calls/);
    expect(printed).toContain('errorRate');
  });

  test('names the lines of records that contradict each other, and prints no verdict', async () => {
    const call = worse[0];
    const twin = { ...call, outcome: 'failed', costUsd: 9 };
    await expect(analyze(lines([...worse.slice(0, 3), twin]))).rejects.toThrow('line 4: contradicts line 1');
    expect(printed).toBe('');
  });

  test('refuses an empty file, a missing one, and an impossible plan', async () => {
    await expect(analyze('')).rejects.toThrow('holds no calls');
    await expect(
      canaryAnalyzeCommand().parseAsync(['--input', join(folder, 'nothing'), '--plan', 'standard'], { from: 'user' }),
    ).rejects.toThrow('Cannot read the outcomes');
    const plan = await file('bad.yaml', `${minimalPlan}alpha: 1\n`);
    await expect(
      canaryAnalyzeCommand().parseAsync(['--input', plan, '--plan', plan], { from: 'user' }),
    ).rejects.toThrow('alpha: must be below 1 (got 1)');
  });
});

describe('canary report', () => {
  test('writes one page and says the verdict', async () => {
    const input = await file('calls.ndjson', lines(worse));
    const html = join(folder, 'report.html');
    await canaryReportCommand().parseAsync(['--input', input, '--plan', 'standard', '--html', html], { from: 'user' });
    expect(printed).toContain(`wrote ${html}`);
    expect(await readFile(html, 'utf8')).toContain('<h2>Evidence</h2>');
  });
});

describe('canary forecast', () => {
  test('says how long it takes, and exits with 1 when it cannot conclude', async () => {
    await canaryForecastCommand().parseAsync(['--plan', 'tour', '--calls-per-minute', '240'], { from: 'user' });
    expect(printed).toContain('is as good as stable');
    expect(process.exitCode ?? 0).toBe(0);
    const plan = await file('plan.yaml', minimalPlan);
    await canaryForecastCommand().parseAsync(['--plan', plan, '--calls-per-minute', '0.01'], { from: 'user' });
    expect(printed).toContain('REFUSED: plan mine would conclude');
    expect(process.exitCode).toBe(1);
  });
});
