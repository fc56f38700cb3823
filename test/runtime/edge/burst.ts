import type { Socket } from 'node:net';
import type { CallOutcome } from '#core/canary/outcome.ts';
import { seededRandom } from '#core/canary/seeded-random.ts';
import type { SessionAssignment } from '#core/session/session-record.ts';
import { digestOf } from '#core/words/digest.ts';
import { SessionId, TraceId } from '#core/words/ids.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { Dispatcher } from '#runtime/edge/dispatcher.ts';
import { HeadCache } from '#runtime/edge/head-cache.ts';
import { HostCache } from '#runtime/edge/host-cache.ts';
import { HostChoice } from '#runtime/edge/host-choice.ts';
import type { HostAnswer } from '#runtime/edge/host-connection.ts';
import { WaitQueue } from '#runtime/edge/wait-queue.ts';
import { FakeHeads, FakeHosts, memoryLog } from '../support/fakes.ts';
import { customerId, headOf, releaseA, releaseB, service, set } from '../support/heads.ts';

export interface Burst {
  readonly seed: number;
  /** Calls per second while a burst lasts. */
  readonly callsPerSecond: number;
  /** Each of so many seconds. */
  readonly burstSeconds: number;
  /** From one burst to the next. */
  readonly everySeconds: number;
  readonly bursts: number;
  /** Of each of the two identical pools. */
  readonly warm: number;
  readonly max: number;
  /** From a call's start on a process to the next process being warm. */
  readonly refillMs: number;
  readonly callSeconds: number;
  /** Share of calls that fail, on either arm. */
  readonly failing: number;
}

/** A host of one release: warm processes, and new ones that take a moment to start. */
class BurstHost {
  free: number;
  #live = 0;
  readonly #clock: ManualClock;
  readonly #burst: Burst;

  constructor(clock: ManualClock, burst: Burst) {
    this.#clock = clock;
    this.#burst = burst;
    this.free = burst.warm;
  }

  /** @returns false when no process is free */
  take(lengthMs: number): boolean {
    if (this.free === 0) return false;
    this.free -= 1;
    this.#live += 1;
    this.#refill();
    this.#clock.after(lengthMs, () => {
      this.#live -= 1;
      this.#refill();
    });
    return true;
  }

  #refill(): void {
    this.#clock.after(this.#burst.refillMs, () => {
      if (this.free < this.#burst.warm && this.free + this.#live < this.#burst.max) this.free += 1;
    });
  }
}

/** The real dispatcher in front of two pools that are alike, at half of the callers each, with bursts of calls. */
export const callsOfBursts = async (burst: Burst): Promise<readonly CallOutcome[]> => {
  const clock = new ManualClock();
  const random = seededRandom(burst.seed);
  const { log } = memoryLog(clock.now);
  const heads = new FakeHeads();
  heads.set(headOf({ candidate: releaseB, weightPercent: 50 }));
  const hosts = new FakeHosts();
  const pools = new Map<string, BurstHost>();
  for (const releaseId of [releaseA, releaseB]) {
    const address = `host-of-${releaseId}`;
    pools.set(address, new BurstHost(clock, burst));
    await hosts.write({
      hostId: address,
      service,
      releaseId,
      address,
      freeProcesses: burst.warm,
      activeSessions: 0,
      warmTarget: burst.warm,
      ready: true,
      draining: false,
      leaseUntil: Number.MAX_SAFE_INTEGER,
    });
  }
  const calls: CallOutcome[] = [];
  const offerCall = async ({ address, token }: { address: string; token: string }): Promise<HostAnswer> => {
    const assignment = JSON.parse(token) as SessionAssignment;
    const failed = random() < burst.failing;
    const lengthMs = failed ? 5_000 : burst.callSeconds * 1_000 * (0.5 + random());
    if (!pools.get(address)?.take(lengthMs)) return { kind: 'refused', detail: '503 busy' };
    const endedAt = clock.now() + Math.round(lengthMs);
    if (assignment.promotionId !== undefined)
      calls.push({ ...callOf(assignment), endedAt, recordedAt: endedAt, outcome: failed ? 'failed' : 'completed' });
    return { kind: 'accepted', socket: {} as Socket, head: Buffer.alloc(0) };
  };
  const dispatcher = new Dispatcher({
    clock,
    sign: async (assignment) => JSON.stringify(assignment),
    heads: new HeadCache({ reader: heads, clock, log }),
    hosts: new HostCache({ directory: hosts, clock, log }),
    choice: new HostChoice(clock, random),
    queue: new WaitQueue({ clock, maxPending: 100, maxWaitMs: 5_000 }),
    offerCall,
    onLost: ({ assignment }) =>
      void calls.push({ ...callOf(assignment), lost: 'before-hand-over', recordedAt: clock.now() }),
  });
  const signal = new AbortController().signal;
  for (let at = 0; at < burst.bursts; at += 1) {
    const callsInBurst = burst.callsPerSecond * burst.burstSeconds;
    for (let n = 0; n < callsInBurst; n += 1) {
      const ticket = {
        sessionId: SessionId.parse(`session-${at}-${n}`),
        traceId: TraceId.parse('0'.repeat(32)),
        service,
        set,
        customerId,
        affinityKey: digestOf(`${burst.seed} ${at} ${n}`),
        channel: 'phone',
      } as const;
      void dispatcher.dispatch({ ticket, headers: {}, signal, log, acceptedAt: clock.now() });
      await clock.advance(1_000 / burst.callsPerSecond);
    }
    await clock.advance((burst.everySeconds - burst.burstSeconds) * 1_000);
  }
  await clock.advance(10_000);
  return calls;
};

const callOf = ({ sessionId, callerHash, arm, weightPercent, startedAt }: SessionAssignment): CallOutcome => ({
  sessionId,
  callerId: callerHash,
  arm: arm === 'candidate' ? 'candidate' : 'stable',
  weightPercent,
  startedAt,
});
