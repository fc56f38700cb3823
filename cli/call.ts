import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { placeCalls } from '#callers/place-calls.ts';
import { type CallReport, reportText } from '#callers/report.ts';
import { scenariosFor } from '#callers/scenario.ts';
import { type Clock, monotonicClock } from '#core/clock.ts';
import { serviceOf } from '#core/org/services.ts';
import { SessionChannel } from '#core/words/channel.ts';
import { numberAbove0 } from './options/number.ts';
import { withOrg } from './org/org-access.ts';
import { orgSessions } from './org/org-sessions.ts';
import { readOrg } from './org/read-org.ts';
import { untilInterrupted } from './terminal/interrupt.ts';
import { progressDisplay } from './terminal/progress.ts';

/** Callers of the example agent. */
const exampleCallers = fileURLToPath(new URL('../examples/clinic/callers', import.meta.url));

interface CallOptions {
  readonly org?: string;
  readonly orgs: string;
  readonly service: string;
  readonly customer: string;
  readonly token?: string;
  readonly count: number;
  readonly concurrency: number;
  readonly rate?: number;
  readonly scenario?: string;
  readonly channel: SessionChannel;
  readonly set?: string;
  readonly json: boolean;
}

const call = async (options: CallOptions, clock: Clock): Promise<CallReport> => {
  const { count, concurrency, rate, customer, token, channel, set } = options;
  const scenarios = await scenariosFor(options.scenario, exampleCallers);
  const org = await readOrg(options.org, options.orgs);
  const service = serviceOf(org, options.service);
  const display = progressDisplay('calls', process.stderr);
  let ended = 0;
  try {
    return await withOrg(org, (access) => {
      const openSession = orgSessions(access, clock, {
        service,
        customer,
        channel,
        ...(token !== undefined && { token }),
        ...(set !== undefined && { set }),
      });
      return untilInterrupted((signal) =>
        placeCalls({
          openSession,
          clock,
          random: Math.random,
          scenarios,
          count,
          concurrency,
          ...(rate !== undefined && { rate }),
          signal,
          onCall: ({ outcome }) => display.progress((ended += 1), count, outcome),
        }),
      );
    });
  } finally {
    display.stop();
  }
};

/** `lastgood call`: exits with 1 when a call was dropped, refused, or ended otherwise than its scenario expects. */
export const callCommand = (): Command =>
  new Command('call')
    .description('place synthetic calls: real speech over WebSocket at real-time pace')
    .option('--org <name>', 'org to call; needed when there are several')
    .option('--orgs <folder>', 'folder of org files', 'orgs')
    .requiredOption('--service <name>', 'service to call')
    .option('--customer <id>', 'customer on whose behalf the calls are placed', 'synthetic')
    .option('--token <jwt>', 'customer token to use instead of one signed with the session key of the org')
    .option('--count <n>', 'calls to place', numberAbove0, 1)
    .option('--concurrency <n>', 'calls at the same time', numberAbove0, 10)
    .option('--rate <n>', 'new calls per second, evenly spaced', numberAbove0)
    .option('--scenario <name>', 'name, file or folder of what callers say (default: all callers of the example)')
    .option('--set <name>', 'version set to call (default: release)')
    .addOption(new Option('--channel <name>', 'channel of the calls').choices(SessionChannel.options).default('phone'))
    .option('--json', 'end with one line of JSON instead of a table', false)
    .addHelpText(
      'after',
      '\nExamples:\n  lastgood call --org acme-cardio-useast --service appointments\n' +
        '  lastgood call --org acme-cardio-useast --service appointments --count 100 --rate 5 --json',
    )
    .action(async (options: CallOptions) => {
      const report = await call(options, monotonicClock);
      process.stdout.write(`${options.json ? JSON.stringify(report) : reportText(report)}\n`);
      if (report.dropped + report.outcomes.refused + report.unexpected > 0) process.exitCode = 1;
    });
