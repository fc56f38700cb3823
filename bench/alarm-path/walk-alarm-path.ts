import { seededRandom } from '#core/canary/seeded-random.ts';
import type { Clock } from '#core/clock.ts';
import { AlarmEvent } from '#core/promotion/alarm-notice.ts';
import type { Random } from '#core/random.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { type MemoryOrg, openMemoryOrg } from '#memory/org.ts';
import { answerAlarms } from '#operations/canary/answer-alarms.ts';
import { confirmSuspicion } from '#operations/canary/confirm-suspicion.ts';
import { judge } from '#operations/canary/judge.ts';
import { type CallLog, createLog } from '#runtime/log.ts';
import { type AlarmCloud, openAlarmCloud } from './alarm-cloud.ts';
import { benchCanary, service } from './bench-canary.ts';
import { Callers, type Traffic } from './callers.ts';

/** An asynchronous invocation, cold starts included. */
const invokeMs = { least: 200, most: 1_500 };

export interface AlarmPath extends Traffic {
  /** Weight of the candidate from that minute of the canary on; the first one from its start. */
  readonly weights: readonly { readonly fromMinute: number; readonly percent: number }[];
  readonly baselineErrorRate: number;
  /** Traffic before the canary, so that stable's sums are full. */
  readonly minutesBefore: number;
  /** Then it is given up. */
  readonly minutes: number;
}

/** Moments of one run, epoch milliseconds; NaN for what never came. */
export interface AlarmPathRun {
  /** The end of the candidate's first failed call, when the harm was done. */
  readonly firstBadMs: number;
  /** Of the third, which the alarm asks for. */
  readonly thirdBadMs: number;
  readonly alarmMs: number;
  readonly flipMs: number;
  /** Start of the last session on the candidate. */
  readonly lastSessionMs: number;
  /** Times that the alarm fired. */
  readonly alarms: number;
}

/**
 * The alarm path alone, on virtual time: hosts' real figures, the embedded cloud's own alarm evaluation, the real function over stores
 * in memory, and a candidate that nobody else judges.
 */
export const walkAlarmPath = async (path: AlarmPath): Promise<AlarmPathRun> => {
  const clock = new ManualClock();
  const random = seededRandom(path.seed);
  const { baselineErrorRate } = path;
  const org = openMemoryOrg({
    clock,
    random,
    keys: { sessionKey: 'k'.repeat(32), telephonyAuthToken: 'token' },
    standing: async () => 'registered',
    sessions: { indexLagMs: 1_000 },
  });
  const log = createLog({ component: 'bench', org: 'bench', now: clock.now, write: () => undefined });
  const fired: number[] = [];
  const invoked = new Invoked(clock, random);
  const cloud = await openAlarmCloud({
    clock,
    random,
    service,
    baselineErrorRate,
    invoke: (event) => {
      fired.push(clock.now());
      invoked.invoke(event);
    },
  });
  invoked.run = rollBackFunction({ org, cloud, clock, log, baselineErrorRate });
  invoked.eachMinute();
  const callers = new Callers(path, { clock, random, org, log, sink: cloud.sink });
  const flipMs = await runCanary(path, { org, clock, callers });
  cloud.close();
  callers.stop();
  return {
    firstBadMs: callers.bad[0] ?? Number.NaN,
    thirdBadMs: callers.bad[2] ?? Number.NaN,
    alarmMs: fired[0] ?? Number.NaN,
    flipMs,
    lastSessionMs: callers.lastCandidateMs,
    alarms: fired.length,
  };
};

/** The function as Lambda runs it: a while after it was asked to. */
class Invoked {
  run: (event: unknown) => Promise<unknown> = async () => undefined;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  invoke(event: unknown): void {
    const delayMs = invokeMs.least + this.#random() * (invokeMs.most - invokeMs.least);
    this.#clock.after(delayMs, () => void this.run(event));
  }

  eachMinute(): void {
    this.#clock.after(60_000, () => {
      this.invoke({ source: 'aws.events' });
      this.eachMinute();
    });
  }
}

interface FunctionParts {
  readonly org: MemoryOrg;
  readonly cloud: AlarmCloud;
  readonly clock: Clock;
  readonly log: CallLog;
  readonly baselineErrorRate: number;
}

const rollBackFunction = ({ org, cloud, clock, log, baselineErrorRate }: FunctionParts) => {
  const { heads, promotions, evidence, releases, artifacts, pager, pageLog, judgeStates, sessions } = org;
  const stores = { heads, promotions, evidence, releases, part: artifacts.get, pager, pageLog, judgeStates };
  const services = [{ name: service, baselineErrorRate, expectedCallsPerMinute: 60 }];
  const ports = {
    ...stores,
    calls: sessions.calls,
    services,
    clock,
    log,
    by: 'lambda:roll-back',
    alarms: cloud.alarms,
  };
  const answer = answerAlarms({ ...ports, confirm: confirmSuspicion({ ...ports, judge: judge(ports) }) });
  return (event: unknown) => answer(AlarmEvent.parse(event));
};

interface Stage {
  readonly org: MemoryOrg;
  readonly clock: Clock;
  readonly callers: Callers;
}

/** @returns when it was aborted; NaN when it was not */
const runCanary = async (path: AlarmPath, { org, clock, callers }: Stage): Promise<number> => {
  const canary = benchCanary(org, clock);
  await canary.initialize();
  await callers.ring(path.minutesBefore * 60_000);
  const startMs = clock.now();
  const [first, ...later] = path.weights;
  await canary.start(first?.percent ?? 0, path.minutes + 1);
  const isOver = (): boolean => callers.head?.lastTransition.kind === 'abort';
  for (const { fromMinute, percent } of [...later, { fromMinute: path.minutes, percent: undefined }]) {
    await callers.ring(startMs + fromMinute * 60_000 - clock.now(), isOver);
    if (isOver() || percent === undefined) break;
    await canary.setWeight(percent);
  }
  const last = (await canary.head())?.lastTransition;
  return last?.kind === 'abort' ? Date.parse(last.at) : Number.NaN;
};
