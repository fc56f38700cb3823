import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TourReport } from '#cli/tour/report.ts';
import { LastgoodError } from '#core/errors.ts';
import { type Bench, type BenchContext, reportedRow, targetRow } from './harness.ts';
import { projectRoot } from './live/bring-up.ts';

/** What the tour says when the first caller has had its answer. */
const firstAnswer = /first call was answered/i;
const expectedSeconds = 240;
const errorLines = 30;

interface Toured {
  readonly firstAnswerSeconds: number;
  readonly report: TourReport;
}

/** Not the tour's default port, on which a person may be running it. */
const port = '4683';

const runTour = (reportFile: string, { progress, signal, logFile }: BenchContext): Promise<number> =>
  new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const seconds = (): number => (performance.now() - startedAt) / 1000;
    const options = [
      '--exit',
      '--json',
      reportFile,
      '--port',
      port,
      ...(logFile === undefined ? [] : ['--log', logFile]),
    ];
    const tour = spawn(process.execPath, ['bin/lastgood.ts', 'tour', ...options], {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const interrupt = (): void => void tour.kill('SIGINT');
    signal.addEventListener('abort', interrupt, { once: true });
    const tick = setInterval(() => progress(Math.min(seconds(), expectedSeconds), expectedSeconds), 1_000);
    let firstAnswerSeconds = Number.NaN;
    const lines: string[] = [];
    for (const stream of [tour.stdout, tour.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (lines.length > errorLines) lines.shift();
        if (firstAnswer.test(line)) firstAnswerSeconds = seconds();
      });
    }
    tour.once('error', reject);
    tour.once('close', (code) => {
      clearInterval(tick);
      signal.removeEventListener('abort', interrupt);
      if (signal.aborted) return reject(new LastgoodError('interrupted', 'the bench was stopped'));
      if (code === 0) return resolve(firstAnswerSeconds);
      reject(new LastgoodError('internal', `the tour ended with ${code}:\n${lines.join('\n')}`));
    });
  });

const tour = async (context: BenchContext): Promise<Toured> => {
  const folder = await mkdtemp(join(tmpdir(), 'lastgood-bench-tour-'));
  try {
    const file = join(folder, 'tour.json');
    const firstAnswerSeconds = await runTour(file, context);
    return { firstAnswerSeconds, report: TourReport.parse(JSON.parse(await readFile(file, 'utf8'))) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** `npm start -- --exit`, from the start of the program; what it found out stands beside its times. */
export const bench: Bench = {
  name: 'tour',
  run: async (context) => {
    const { firstAnswerSeconds, report } = await tour(context);
    const aborted = report.releases.filter(({ outcome }) => outcome === 'aborted').length;
    const promoted = report.releases.filter(({ outcome }) => outcome === 'promoted').length;
    return [
      targetRow('start to first answered call', 's', firstAnswerSeconds, '<=', 60),
      targetRow('whole tour', 's', report.wallSeconds, '<=', expectedSeconds),
      targetRow('releases aborted', 'releases', aborted, '>=', 1),
      targetRow('releases promoted', 'releases', promoted, '>=', 1),
      targetRow('calls dropped', 'calls', report.calls.dropped, '<=', 0),
      targetRow('transitions of untouched orgs', 'transitions', report.untouchedOrgRevisionChanges, '<=', 0),
      targetRow('processes left over', 'processes', report.leftoverProcesses, '<=', 0),
      reportedRow('calls placed', 'calls', report.calls.placed),
      reportedRow('decision to last candidate session', 'ms', report.flip.ms ?? Number.NaN),
      reportedRow('session start, p95', 'ms', report.sessionStartMs.p95),
    ];
  },
};
