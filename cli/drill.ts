import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { placeCalls } from '#callers/place-calls.ts';
import { type CallReport, reportText } from '#callers/report.ts';
import { Scenario, scenariosFor } from '#callers/scenario.ts';
import { createSpeech } from '#callers/speech.ts';
import { systemClock } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import { serviceOf } from '#core/org/services.ts';
import { shortId } from '#core/words/digest.ts';
import { SetName } from '#core/words/names.ts';
import { orgSessions, probeSessions } from './call/org-sessions.ts';
import { type DrillPorts, type DrillReport, runDrill, type StartedSession } from '#operations/drill/run-drill.ts';
import { accessOrg, type OrgAccess, readOrg } from './org/org-access.ts';
import { currentUser } from './release/publish.ts';
import { untilInterrupted } from './terminal/interrupt.ts';

interface DrillOptions {
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

const whole = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= 1_000) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
};

const started = async (access: OrgAccess, service: string, set: SetName, from: Date) => {
  const sessions: StartedSession[] = [];
  for await (const { assignment } of access.sessions.listByService(serviceOf(access.org, service), set, { from })) {
    if (!assignment.probe) sessions.push({ release: assignment.release, startedAt: assignment.startedAt });
  }
  return sessions;
};

/** The drill on a real org: its head, its edges, its session records. */
const drillPorts = async (
  access: OrgAccess,
  serviceName: string,
  options: DrillOptions,
  signal: AbortSignal,
): Promise<DrillPorts<CallReport> & { close(): Promise<void> }> => {
  const service = serviceOf(access.org, serviceName);
  const set = SetName.parse(options.set);
  const scenarios = options.scenario === undefined ? [ringAndListen] : await scenariosFor(options.scenario, '.');
  const speech = createSpeech();
  const { probes, rate } = options;
  return {
    readHead: () => access.heads.read(service, set),
    apply: (command) => access.heads.apply(service, set, command, { by: currentUser() }),
    probe: (release) =>
      placeCalls({
        openSession: probeSessions(access, { service, set, release }),
        scenarios: [ringAndListen],
        count: probes,
        signal,
        speech,
      }),
    startLoad: () => {
      const lastCall = new AbortController();
      const openSession = orgSessions(access, { service, set, customer: 'drill' });
      const calls = placeCalls({
        openSession,
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
    clock: systemClock,
    pause: (ms) =>
      sleep(ms, undefined, { signal }).catch((cause: unknown) => {
        throw new LastgoodError('interrupted', 'the drill was stopped by Ctrl-C', { cause });
      }),
    close: () => speech.close(),
  };
};

/** The flips as a table, the load's calls below. */
export const drillText = ({ flips, load, lastGood }: DrillReport<CallReport>): string => {
  const table = new Table({
    head: ['from', 'to', 'decided at', 'write ms', 'last old session ms', 'new sessions'],
    style: { head: [], border: [] },
  });
  for (const flip of flips) {
    const { from, to, decidedAt, writeMs, lastOldSessionMs, newSessions } = flip;
    const seen = newSessions === 0 ? '0 (not seen by a caller)' : String(newSessions);
    table.push([shortId(from), shortId(to), decidedAt, String(writeMs), String(lastOldSessionMs), seen]);
  }
  return [`last-good ${shortId(lastGood)} carried its probe calls`, table.toString(), reportText(load)].join('\n');
};

const drill = async (service: string, options: DrillOptions): Promise<DrillReport<CallReport>> => {
  const access = accessOrg(await readOrg(options.org, options.orgs));
  try {
    return await untilInterrupted(async (signal) => {
      const ports = await drillPorts(access, service, options, signal);
      const onStep = (line: string): void => void process.stderr.write(`${line}\n`);
      try {
        return await runDrill(ports, { service, set: options.set, rounds: options.rounds, onStep });
      } finally {
        await ports.close();
      }
    });
  } finally {
    access.connection.close();
  }
};

/** `lastgood drill <service>` (S10): exits with 1 when a call was dropped or a flip was seen by no caller. */
export const drillCommand = (): Command =>
  new Command('drill')
    .description('prove that last-good carries calls: probe it, then flip there and back under load')
    .argument('<service>', 'service to drill')
    .option('--org <name>', 'org; needed when there are several')
    .option('--orgs <folder>', 'folder of org files', 'orgs')
    .option('--set <name>', 'version set', 'release')
    .option('--rounds <n>', 'times that new calls go to last-good and come back', whole, 2)
    .option('--rate <n>', 'synthetic calls per second while flipping', whole, 4)
    .option('--probes <n>', 'synthetic calls to last-good before anything moves', whole, 3)
    .option('--scenario <file>', 'file or folder of what callers say (default: listen and hang up)')
    .option('--json', 'end with one line of JSON instead of a table', false)
    .action(async (service: string, options: DrillOptions) => {
      const report = await drill(service, options);
      process.stdout.write(`${options.json ? JSON.stringify(report) : drillText(report)}\n`);
      if (report.load.dropped > 0 || report.flips.some(({ newSessions }) => newSessions === 0)) process.exitCode = 1;
    });
