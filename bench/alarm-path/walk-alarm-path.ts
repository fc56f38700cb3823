import { planByName } from '#core/canary/plans.ts';
import { seededRandom } from '#core/canary/seeded-random.ts';
import { timestampOf } from '#core/clock.ts';
import { metricNames } from '#core/org/resource-names.ts';
import { AlarmEvent } from '#core/promotion/alarm-notice.ts';
import type { Random } from '#core/random.ts';
import type { SessionAssignment } from '#core/session/session-record.ts';
import { assign } from '#core/version-set/assign.ts';
import type { Command } from '#core/version-set/command.ts';
import type { Head } from '#core/version-set/head.ts';
import { VersionLabel } from '#core/release/version-label.ts';
import { digestOf, ReleaseId } from '#core/words/digest.ts';
import { PromotionId, SessionId, TraceId } from '#core/words/ids.ts';
import { CustomerId, OrgName, ServiceName, SetName } from '#core/words/names.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { type MemoryOrg, openMemoryOrg } from '#memory/org.ts';
import { answerAlarms } from '#operations/canary/answer-alarms.ts';
import { confirmSuspicion } from '#operations/canary/confirm-suspicion.ts';
import { judge } from '#operations/canary/judge.ts';
import { ArmMetrics } from '#runtime/arm-metrics.ts';
import { createLog } from '#runtime/log.ts';
import { openAlarmCloud } from './alarm-cloud.ts';

const service = ServiceName.parse('appointments');
const set = SetName.parse('release');
const promotionId = PromotionId.parse('1'.repeat(32));
const stable = ReleaseId.parse(digestOf('stable'));
const candidate = ReleaseId.parse(digestOf('candidate'));
const stableHosts = 3;
/** Edges read the head so often. */
const readEveryMs = 500;
/** An asynchronous invocation, cold starts included. */
const invokeMs = { least: 200, most: 1_500 };

export interface AlarmPath {
  readonly seed: number;
  readonly callsPerMinute: number;
  /** Weight of the candidate by minutes since its start: from then on. */
  readonly weights: readonly { readonly fromMinute: number; readonly percent: number }[];
  readonly baselineErrorRate: number;
  /** Share of calls that fail. */
  readonly failing: { readonly stable: number; readonly candidate: number };
  /** From the start of a call to its failure. */
  readonly failMs: number;
  /** Length of a call that does not fail. */
  readonly goodMs: (arm: 'stable' | 'candidate', random: Random) => number;
  /** Traffic before the canary, so that stable's sums are full. */
  readonly minutesBefore: number;
  /** Then it is given up. */
  readonly minutes: number;
  /** Grain of the callers' time; everything else has its own. */
  readonly stepMs: number;
}

/** Moments of one run, epoch milliseconds; NaN for what never came. */
export interface AlarmPathRun {
  /** The first failed call of the candidate: its end, when the harm was done. */
  readonly firstBadMs: number;
  /** The third, which the alarm asks for. */
  readonly thirdBadMs: number;
  readonly alarmMs: number;
  readonly flipMs: number;
  readonly lastSessionMs: number;
  /** Times that the alarm fired. */
  readonly alarms: number;
  readonly reason: string;
}

interface Call {
  readonly assignment: SessionAssignment;
  readonly endMs: number;
  readonly failed: boolean;
  readonly host: number;
}

/**
 * The alarm path alone, on virtual time: hosts' real figures, the embedded cloud's own alarm evaluation, the real function over stores
 * in memory, and a candidate that nobody else judges.
 */
export const walkAlarmPath = async (path: AlarmPath): Promise<AlarmPathRun> => {
  const clock = new ManualClock();
  const random = seededRandom(path.seed);
  const org = openMemoryOrg({
    clock,
    random,
    keys: { sessionKey: 'k'.repeat(32), telephonyAuthToken: 'token' },
    standing: async () => 'registered',
    sessions: { indexLagMs: 1_000 },
  });
  const log = createLog({ component: 'bench', org: 'bench', now: clock.now, write: () => undefined });
  const services = [{ name: service, baselineErrorRate: path.baselineErrorRate, expectedCallsPerMinute: 60 }];
  let alarmMs = Number.NaN;
  let alarms = 0;
  let answer: ((event: unknown) => Promise<unknown>) | undefined;
  const invoke = (event: unknown): void => {
    const delayMs = invokeMs.least + random() * (invokeMs.most - invokeMs.least);
    clock.after(delayMs, () => void answer?.(event));
  };
  const cloud = await openAlarmCloud({
    clock,
    random,
    service,
    baselineErrorRate: path.baselineErrorRate,
    invoke: (event) => {
      alarms += 1;
      if (Number.isNaN(alarmMs)) alarmMs = clock.now();
      invoke(event);
    },
  });
  const { heads, promotions, evidence, releases, artifacts, pager, pageLog, judgeStates, sessions } = org;
  const ports = { heads, promotions, evidence, releases, part: artifacts.get, pager, pageLog, judgeStates };
  const around = {
    ...ports,
    calls: sessions.calls,
    services,
    clock,
    log,
    by: 'lambda:roll-back',
    alarms: cloud.alarms,
  };
  const answering = answerAlarms({ ...around, confirm: confirmSuspicion({ ...around, judge: judge(around) }) });
  answer = (event) => answering(AlarmEvent.parse(event)).catch(() => undefined);
  const schedule = (): void =>
    void clock.after(60_000, () => {
      invoke({ source: 'aws.events' });
      schedule();
    });
  schedule();
  const callers = new Callers(path, { clock, random, org, log, sink: cloud.sink });
  await move(org, clock, { kind: 'initialize', release: stable, reason: 'first' });
  await callers.ring(path.minutesBefore * 60_000);
  await startCanary(org, clock, path);
  const startMs = clock.now();
  const ended = (): boolean => callers.head?.lastTransition.kind === 'abort';
  for (const { fromMinute, percent } of [...path.weights.slice(1), { fromMinute: path.minutes, percent: undefined }]) {
    await callers.ring(startMs + fromMinute * 60_000 - clock.now(), ended);
    if (ended() || percent === undefined) break;
    await setWeight(org, clock, callers.head, percent);
  }
  const head = await heads.read(service, set);
  cloud.close();
  callers.stop();
  const isAborted = head?.lastTransition.kind === 'abort';
  return {
    firstBadMs: callers.bad[0] ?? Number.NaN,
    thirdBadMs: callers.bad[2] ?? Number.NaN,
    alarmMs,
    flipMs: isAborted ? Date.parse(head.lastTransition.at) : Number.NaN,
    lastSessionMs: callers.lastCandidateMs,
    alarms,
    reason: head?.lastTransition.reason ?? '',
  };
};

const move = async (org: MemoryOrg, clock: ManualClock, command: Command): Promise<void> => {
  const result = await org.heads.apply(service, set, command, { by: 'bench', at: new Date(clock.now()) });
  if (result.kind !== 'moved') throw new Error(`${command.kind} was ${result.kind}`);
};

const startCanary = async (org: MemoryOrg, clock: ManualClock, path: AlarmPath): Promise<void> => {
  const exposureUntil = timestampOf(clock.now() + (path.minutes + 1) * 60_000);
  const weightPercent = path.weights[0]?.percent ?? 5;
  await move(org, clock, {
    kind: 'start-canary',
    promotionId,
    release: candidate,
    weightPercent,
    exposureUntil,
    seenRevision: 1,
    reason: 'bench',
  });
  await org.promotions.record({
    input: {
      promotionId,
      org: OrgName.parse('bench'),
      service,
      set,
      release: candidate,
      version: VersionLabel.parse('1.1'),
      plan: planByName('standard'),
      requestedBy: 'bench',
      attempt: 1,
      continuation: 0,
    },
    executionArn: 'arn:aws:states:bench',
    startedAt: timestampOf(clock.now()),
    incumbent: stable,
  });
};

const setWeight = (
  org: MemoryOrg,
  clock: ManualClock,
  head: Head | undefined,
  weightPercent: number,
): Promise<void> => {
  if (!head?.candidate) throw new Error('there is no candidate to weigh');
  return move(org, clock, {
    kind: 'set-weight',
    promotionId,
    weightPercent,
    exposureUntil: head.candidate.exposureUntil,
    expectedRevision: head.revision,
    reason: 'next step',
  });
};

interface Surroundings {
  readonly clock: ManualClock;
  readonly random: Random;
  readonly org: MemoryOrg;
  readonly log: ReturnType<typeof createLog>;
  readonly sink: ConstructorParameters<typeof ArmMetrics>[0]['sink'];
}

/** Poisson traffic, by the head as edges read it, on hosts that count it. */
class Callers {
  /** Ends of the candidate's failed calls. */
  readonly bad: number[] = [];
  lastCandidateMs = Number.NaN;
  head: Head | undefined;
  readonly #path: AlarmPath;
  readonly #around: Surroundings;
  readonly #hosts: readonly ArmMetrics[];
  #live: readonly Call[] = [];
  #nextMs: number;
  #readMs = 0;
  #count = 0;

  constructor(path: AlarmPath, around: Surroundings) {
    this.#path = path;
    this.#around = around;
    const { clock, log, sink, org } = around;
    this.#nextMs = clock.now();
    this.#hosts = Array.from(
      { length: stableHosts + 1 },
      () =>
        new ArmMetrics({
          clock,
          log,
          sink,
          services: [service],
          livePromotions: async () => {
            const head = await org.heads.read(service, set);
            return head?.candidate ? [head.candidate.promotionId] : [];
          },
          names: [metricNames.callsStarted, metricNames.callsFailed],
          tenMinuteNames: {
            [metricNames.callsStarted]: metricNames.callsStartedIn10Minutes,
            [metricNames.callsFailed]: metricNames.callsFailedIn10Minutes,
          },
        }),
    );
    for (const host of this.#hosts) host.start();
  }

  stop(): void {
    for (const host of this.#hosts) host.stop();
  }

  /** Callers ring for so long, or until `over`. */
  async ring(ms: number, over: () => boolean = () => false): Promise<void> {
    const { clock } = this.#around;
    for (const untilMs = clock.now() + ms; clock.now() < untilMs && !over();) {
      await clock.advance(Math.min(this.#path.stepMs, untilMs - clock.now()));
      await this.#look();
      await this.#end();
      await this.#begin();
    }
  }

  async #look(): Promise<void> {
    const { clock, org } = this.#around;
    if (clock.now() - this.#readMs < readEveryMs) return;
    this.#readMs = clock.now();
    this.head = await org.heads.read(service, set);
  }

  async #end(): Promise<void> {
    const { clock, org } = this.#around;
    const over = this.#live.filter(({ endMs }) => endMs <= clock.now());
    if (over.length === 0) return;
    this.#live = this.#live.filter(({ endMs }) => endMs > clock.now());
    for (const { assignment, endMs, failed, host } of over) {
      if (failed) this.#hosts[host]?.count(metricNames.callsFailed, assignment);
      if (failed && assignment.arm === 'candidate') this.bad.push(endMs);
      const endedAt = timestampOf(endMs);
      const result = {
        endedAt,
        outcome: failed ? 'failed' : 'completed',
        costUsd: 0.1,
        turns: 4,
        slowTurns: 0,
      } as const;
      await org.sessions.close(assignment.sessionId, result);
    }
  }

  async #begin(): Promise<void> {
    const { clock, random, org } = this.#around;
    const { callsPerMinute, failing, failMs, goodMs } = this.#path;
    for (; this.#nextMs <= clock.now(); this.#nextMs -= Math.log(1 - random()) * (60_000 / callsPerMinute)) {
      if (!this.head) continue;
      const assignment = this.#assignment(this.head, this.#nextMs);
      const arm = assignment.arm === 'candidate' ? 'candidate' : 'stable';
      const failed = random() < failing[arm];
      const endMs = Math.round(this.#nextMs + (failed ? failMs : goodMs(arm, random)));
      const host = arm === 'candidate' ? stableHosts : Math.floor(random() * stableHosts);
      if (arm === 'candidate') this.lastCandidateMs = this.#nextMs;
      this.#live = [...this.#live, { assignment, endMs, failed, host }];
      this.#hosts[host]?.count(metricNames.callsStarted, assignment);
      const countsInTest = assignment.promotionId !== undefined;
      await org.sessions.open({
        assignment,
        hostId: `host-${host}`,
        overlayVersion: 0,
        configDigest: '',
        countsInTest,
      });
    }
  }

  #assignment(head: Head, startedMs: number): SessionAssignment {
    const index = (this.#count += 1);
    const callerHash = digestOf(`caller ${this.#path.seed} ${index}`);
    return {
      sessionId: SessionId.parse(`session-${index}`),
      traceId: TraceId.parse('0'.repeat(32)),
      service,
      set,
      customerId: CustomerId.parse('harbor'),
      callerHash,
      channel: 'phone',
      ...assign(head, callerHash, startedMs),
      probe: false,
      startedAt: timestampOf(Math.round(startedMs)),
    };
  }
}
