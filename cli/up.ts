import { join } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '#core/clock.ts';
import { readOrgs } from './org/read-org.ts';
import { createScreen } from './terminal/screen.ts';
import { wholeNumber } from './options/number.ts';
import { type Running, bringUp, cloudEnvironment } from './embedded-cloud/bring-up.ts';
import { openLogFile } from './embedded-cloud/log-file.ts';
import { projectRoot } from './embedded-cloud/project-root.ts';
import { stopSignal, tryItText } from './embedded-cloud/serving.ts';

interface UpOptions {
  readonly port: number;
  readonly org?: string;
  readonly data?: string;
  readonly log?: string;
  readonly json: boolean;
}

/** `lastgood up`: every org of `orgs/` on this machine, until Ctrl-C. */
export const upCommand = (): Command =>
  new Command('up')
    .description('serve the orgs of orgs/ on this machine: deploys the synthesized templates into an embedded cloud')
    .option('--port <number>', 'port of the embedded cloud, 0 for a free one', wholeNumber(0, 65_535), 4600)
    .option('--org <name>', 'this org alone')
    .option('--data <folder>', 'keep the state here across restarts; without it nothing is kept')
    .option('--log <file>', 'write the lines of tasks, functions and the cloud to a file')
    .option('--json', 'print one JSON object when it serves: endpoint, orgs and the environment to set', false)
    .addHelpText('after', '\nExamples:\n  lastgood up\n  lastgood up --data .lastgood --log cloud.log')
    .action(runUp);

const runUp = async ({ port, org, data, log, json }: UpOptions): Promise<void> => {
  const screen = createScreen(json ? process.stderr : process.stdout);
  const { signal, stopped } = stopSignal();
  const orgs = await readOrgs(org, join(projectRoot, 'orgs'));
  const file = log === undefined ? undefined : openLogFile(log);
  const running = await bringUp({
    port,
    projectRoot,
    orgs,
    onStep: screen.status,
    signal,
    clock: systemClock,
    environment: process.env,
    ...(data !== undefined && { dataDir: data }),
    ...(file && { log: file.log }),
  });
  try {
    screen.good(`${orgs.map(({ name }) => name).join(' and ')} on ${running.endpoint}; Ctrl-C ends it.`);
    if (json) process.stdout.write(`${JSON.stringify(servingFacts(running))}\n`);
    const [first] = orgs;
    if (first) screen.block(tryItText(running, first.name, first.services[0]?.name ?? ''));
    await stopped;
    screen.status('closing');
  } finally {
    await running.close();
    await file?.close();
  }
};

const servingFacts = ({ endpoint, orgs }: Running): object => ({
  endpoint,
  orgs: orgs.map(({ org: { name, account, region } }) => ({ name, account, region })),
  environment: cloudEnvironment(endpoint),
});
