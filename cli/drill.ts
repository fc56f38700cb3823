import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { placeCalls } from '#callers/place-calls.ts';
import { type CallReport, reportText } from '#callers/report.ts';
import { Scenario, scenariosFor } from '#callers/scenario.ts';
import { createSpeech } from '#callers/speech.ts';
import { type Clock, pause, monotonicClock } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import { serviceOf } from '#core/org/services.ts';
import { shortId } from '#core/words/digest.ts';
import { SetName } from '#core/words/names.ts';
import { type DrillPorts, type DrillReport, runDrill, type StartedSession } from '#operations/drill/run-drill.ts';
import { byOf, byOption, type ByOptions, thisMachine } from './options/by.ts';
import { wholeNumber } from './options/number.ts';
import { type OrgAccess, withOrg } from './org/org-access.ts';
import { orgSessions, probeSessions } from './org/org-sessions.ts';
import { readOrg } from './org/read-org.ts';
import { untilInterrupted } from './terminal/interrupt.ts';
import { plainTable } from './terminal/table.ts';

interface DrillOptions extends ByOptions {
  readonly org?: string;
  readonly orgs: string;
  readonly set: string;
  readonly rounds: number;
  readonly rate: number;
  readonly probes: number;
  readonly scenario?: string;
  readonly json: boolean;
}

/** Calls, hears the agent's first word, hangs up: proves that a call starts, and is over in a second. */
export const ringAndListen: Scenario = Scenario.parse({ name: 'ring-and-listen', utterances: [], hangUpAfter: 0 });

/** Calls of the load at once; one lasts a second or two, so this holds ten times the default rate. */
const maxLoadCalls = 100;

const started = async (access: OrgAccess, service: string, set: SetName, from: Date) => {
  const sessions: StartedSession[] = [];
  for await (const { assignment } of access.sessions.listByService(serviceOf(access.org, service), set, { from }))
    if (!assignment.probe) sessions.push({ release: assignment.release, startedAt: assignment.startedAt });

  return sessions;
};

/** What a drill takes from its surroundings. */
interface DrillWorld {
  readonly clock: Clock;
  readonly newHex: () => string;
  /** Who stands in the history. */
  readonly by: string;
}

/** The drill on a real org: its head, its edges, its session records. */
const drillPorts = async (
  access: OrgAccess,
  serviceName: string,
  options: DrillOptions,
  { clock, newHex, by }: DrillWorld,
  signal: AbortSignal,
): Promise<DrillPorts<CallReport> & { close(): Promise<void> }> => {
  const service = serviceOf(access.org, serviceName);
  const set = SetName.parse(options.set);
  const scenarios = options.scenario === undefined ? [ringAndListen] : await scenariosFor(options.scenario, '.');
  const speech = createSpeech();
  const { probes, rate } = options;
  return {
    readHead: () => access.heads.read(service, set),
    apply: (command) => access.heads.apply(service, set, command, { by }),
    probe: (release) =>
      placeCalls({
        openSession: probeSessions(access, clock, { service, set, release, newHex }),
        clock,
        random: Math.random,
        scenarios: [ringAndListen],
        count: probes,
        signal,
        speech,
      }),
    startLoad: () => {
      const lastCall = new AbortController();
      const openSession = orgSessions(access, clock, { service, set, customer: 'drill' });
      const calls = placeCalls({
        openSession,
        clock,
        random: Math.random,
        scenarios,
        rate,
        speech,
        signal,
        concurrency: maxLoadCalls,
        lastCall: lastCall.signal,
      });
      return {
        stop: () => {
          lastCall.abort();
          return calls;
        },
      };
    },
    sessionsSince: (at) => started(access, service, set, at),
    clock,
    pause: async (ms) => {
      await pause(clock, ms, signal);
      if (signal.aborted) throw new LastgoodError('interrupted', 'the drill was stopped by Ctrl-C');
    },
    close: () => speech.close(),
  };
};

/** The flips as a table, the load's calls below. */
export const drillText = ({ flips, load, lastGood }: DrillReport<CallReport>): string => {
  const table = plainTable(['from', 'to', 'decided at', 'write ms', 'last old session ms', 'new sessions']);
  for (const flip of flips) {
    const { from, to, decidedAt, writeMs, lastOldSessionMs, newSessions } = flip;
    const seen = newSessions === 0 ? '0 (not seen by a caller)' : String(newSessions);
    table.push([shortId(from), shortId(to), decidedAt, String(writeMs), String(lastOldSessionMs), seen]);
  }
  return [`last-good ${shortId(lastGood)} carried its probe calls`, table.toString(), reportText(load)].join('\n');
};

const drill = async (service: string, options: DrillOptions, world: DrillWorld): Promise<DrillReport<CallReport>> =>
  withOrg(await readOrg(options.org, options.orgs), (access) =>
    untilInterrupted(async (signal) => {
      const ports = await drillPorts(access, service, options, world, signal);
      const onStep = (line: string): void => void process.stderr.write(`${line}\n`);
      try {
        return await runDrill(ports, { service, set: options.set, rounds: options.rounds, onStep });
      } finally {
        await ports.close();
      }
    }),
  );

/** `lastgood drill <service>` (S10): exits with 1 when a call was dropped or a flip was seen by no caller. */
export const drillCommand = (): Command =>
  new Command('drill')
    .description('prove that last-good carries calls: probe it, then flip there and back under load')
    .argument('<service>', 'service to drill')
    .option('--org <name>', 'org; needed when there are several')
    .option('--orgs <folder>', 'folder of org files', 'orgs')
    .option('--set <name>', 'version set', 'release')
    .option('--rounds <n>', 'times that new calls go to last-good and come back', wholeNumber(1, 1_000), 2)
    .option('--rate <n>', 'synthetic calls per second while flipping', wholeNumber(1, 1_000), 4)
    .option('--probes <n>', 'synthetic calls to last-good before anything moves', wholeNumber(1, 1_000), 3)
    .option('--scenario <file>', 'file or folder of what callers say (default: listen and hang up)')
    .addOption(byOption())
    .option('--json', 'end with one line of JSON instead of a table', false)
    .addHelpText(
      'after',
      '\nExamples:\n  lastgood drill appointments --org acme-cardio-useast\n' +
        '  lastgood drill appointments --org acme-cardio-useast --rounds 5 --rate 10',
    )
    .action(async (service: string, options: DrillOptions) => {
      const report = await drill(service, options, {
        clock: monotonicClock,
        newHex: () => randomBytes(16).toString('hex'),
        by: byOf(options, thisMachine),
      });
      process.stdout.write(`${options.json ? JSON.stringify(report) : drillText(report)}\n`);
      if (report.load.dropped > 0 || report.flips.some(({ newSessions }) => newSessions === 0)) process.exitCode = 1;
    });
