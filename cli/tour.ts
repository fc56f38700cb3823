import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { monotonicClock, systemClock } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import { serviceOf } from '#core/org/services.ts';
import { SetName } from '#core/words/names.ts';
import { readOrgs } from './org/read-org.ts';
import { createScreen, type Screen } from './terminal/screen.ts';
import { wholeNumber } from './options/number.ts';
import { bringUp, type Running } from './embedded-cloud/bring-up.ts';
import { projectRoot } from './embedded-cloud/project-root.ts';
import { openLogFile } from './embedded-cloud/log-file.ts';
import { stopSignal, tryItText } from './embedded-cloud/serving.ts';
import { TourReport } from './tour/report.ts';
import { giveTour, type Toured } from './tour/give-tour.ts';

interface TourOptions {
  readonly exit: boolean;
  readonly json?: string;
  readonly port: number;
  readonly log?: string;
}

const stageName = 'acme-cardio-useast';
const serviceName = 'appointments';

/** `lastgood tour`, or `npm start`: the whole of Lastgood on this machine, and what happens meanwhile. */
export const tourCommand = (): Command =>
  new Command('tour')
    .description('two orgs, live calls, a bad release that is rolled back, a better one that is promoted')
    .option('--exit', 'end after the tour instead of serving on', false)
    .option('--json <file>', 'write what happened to a file')
    .option('--port <number>', 'port of the embedded cloud', wholeNumber(1, 65_535), 4600)
    .option('--log <file>', 'write the lines of tasks, functions and the cloud to a file')
    .addHelpText('after', '\nExamples:\n  lastgood tour\n  lastgood tour --exit --json tour.json')
    .action(runTour);

const runTour = async (options: TourOptions): Promise<void> => {
  const startedMs = systemClock.now();
  const screen = createScreen(process.stdout);
  const { signal, stopped } = stopSignal();
  screen.heading('Lastgood on this machine: two orgs, two regions, the templates that cdk deploy would use');
  const orgs = await readOrgs(undefined, join(projectRoot, 'orgs'));
  const file = options.log === undefined ? undefined : openLogFile(options.log);
  const running = await bringUp({
    port: options.port,
    projectRoot,
    orgs,
    onStep: screen.status,
    signal,
    clock: monotonicClock,
    environment: process.env,
    ...(file && { log: file.log }),
  });
  const pids = (): readonly number[] => running.cloud.processes().map(({ pid }) => pid);
  let started: readonly number[] = [];
  try {
    screen.good(`The embedded cloud serves ${orgs.map(({ name }) => name).join(' and ')} on ${running.endpoint}.`);
    const toured = await giveTourOf(running, screen, signal);
    const wallSeconds = Math.round((systemClock.now() - startedMs) / 100) / 10;
    screen.good(`The tour took ${wallSeconds} s.`);
    if (!options.exit) await serveOn(running, screen, stopped);
    started = pids();
    await running.close();
    await report(options, { ...toured, orgs: orgs.map(({ name }) => name), wallSeconds }, started);
  } finally {
    screen.status('closing');
    await running.close();
    await file?.close();
  }
};

const giveTourOf = ({ orgs }: Running, screen: Screen, signal: AbortSignal): Promise<Toured> => {
  const stage = orgs.find(({ org }) => org.name === stageName);
  if (!stage)
    throw new LastgoodError('unknown-name', `the tour needs the org ${stageName}; restore orgs/${stageName}.yaml`);
  return giveTour({
    orgs,
    stage,
    service: serviceOf(stage.org, serviceName),
    set: SetName.parse('release'),
    examples: join(projectRoot, 'examples'),
    screen,
    signal,
    clock: monotonicClock,
    random: Math.random,
  });
};

const serveOn = async (running: Running, screen: Screen, stopped: Promise<void>): Promise<void> => {
  screen.heading('It keeps serving; Ctrl-C ends it. In another terminal:');
  screen.block(tryItText(running, stageName, serviceName));
  await stopped;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const report = async (
  { json }: TourOptions,
  measured: Omit<TourReport, 'leftoverProcesses'>,
  started: readonly number[],
): Promise<void> => {
  const leftoverProcesses = started.filter(isAlive).length;
  if (json !== undefined)
    await writeFile(json, `${JSON.stringify(TourReport.parse({ ...measured, leftoverProcesses }), undefined, 2)}\n`);
};
