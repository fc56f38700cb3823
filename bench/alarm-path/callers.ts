import { timestampOf } from '#core/clock.ts';
import type { MetricSink } from '#core/host/metrics.ts';
import { metricNames } from '#core/org/resource-names.ts';
import type { Random } from '#core/random.ts';
import type { SessionAssignment } from '#core/session/session-record.ts';
import { assign } from '#core/version-set/assign.ts';
import type { Head } from '#core/version-set/head.ts';
import { digestOf } from '#core/words/digest.ts';
import { SessionId, TraceId } from '#core/words/ids.ts';
import { CustomerId } from '#core/words/names.ts';
import type { ManualClock } from '#memory/manual-clock.ts';
import type { MemoryOrg } from '#memory/org.ts';
import { ArmMetrics } from '#runtime/arm-metrics.ts';
import type { CallLog } from '#runtime/log.ts';
import { service, set } from './bench-canary.ts';

const stableHosts = 3;
/** Edges read the head so often. */
const readEveryMs = 500;

export interface Traffic {
  readonly seed: number;
  readonly callsPerMinute: number;
  /** Share of calls that fail. */
  readonly failing: { readonly stable: number; readonly candidate: number };
  /** From the start of a call to its failure. */
  readonly failMs: number;
  /** Length of a call that does not fail. */
  readonly goodMs: (arm: 'stable' | 'candidate', random: Random) => number;
  /** Grain of the callers' time; everything else has its own. */
  readonly stepMs: number;
}

interface Call {
  readonly assignment: SessionAssignment;
  readonly endMs: number;
  readonly failed: boolean;
  readonly host: number;
}

interface Surroundings {
  readonly clock: ManualClock;
  readonly random: Random;
  readonly org: MemoryOrg;
  readonly log: CallLog;
  readonly sink: MetricSink;
}

/** Poisson traffic, by the head as edges read it, on hosts that count it. */
export class Callers {
  /** Ends of the candidate's failed calls. */
  readonly bad: number[] = [];
  lastCandidateMs = Number.NaN;
  head: Head | undefined;
  readonly #traffic: Traffic;
  readonly #around: Surroundings;
  readonly #hosts: readonly ArmMetrics[];
  #live: Call[] = [];
  #nextMs: number;
  #readMs = 0;
  #count = 0;

  constructor(traffic: Traffic, around: Surroundings) {
    this.#traffic = traffic;
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
      await clock.advance(Math.min(this.#traffic.stepMs, untilMs - clock.now()));
      await this.#end();
      // Those who rang since the last step met the head as it was known then.
      await this.#begin();
      await this.#look();
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
    const { callsPerMinute, failing, failMs, goodMs } = this.#traffic;
    for (; this.#nextMs <= clock.now(); this.#nextMs -= Math.log(1 - random()) * (60_000 / callsPerMinute)) {
      if (!this.head) continue;
      const assignment = this.#assignment(this.head, this.#nextMs);
      const arm = assignment.arm === 'candidate' ? 'candidate' : 'stable';
      const failed = random() < failing[arm];
      const endMs = Math.round(this.#nextMs + (failed ? failMs : goodMs(arm, random)));
      const host = arm === 'candidate' ? stableHosts : Math.floor(random() * stableHosts);
      if (arm === 'candidate') this.lastCandidateMs = this.#nextMs;
      this.#live.push({ assignment, endMs, failed, host });
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
    const callerHash = digestOf(`caller ${this.#traffic.seed} ${index}`);
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
