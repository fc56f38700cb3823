import type { JudgeStateStore } from '#core/canary/judge-state-store.ts';
import { createSuspicion, type Suspicion, SuspicionState } from '#core/canary/suspicion.ts';
import type { Clock } from '#core/clock.ts';
import type { Log } from '#core/log.ts';
import { callOnStable } from '#core/promotion/outcome-of-session.ts';
import { type CallRecords, isMalformed } from '#core/session/call-records.ts';
import type { Head } from '#core/version-set/head.ts';
import type { Watch } from './open-watch.ts';

export interface LookAtStablePorts {
  readonly calls: Pick<CallRecords, 'started'>;
  readonly judgeStates: JudgeStateStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** What was kept of a suspicion, with the calls since. */
export interface Look {
  readonly suspicion: Suspicion;
  /** It was calm when it was kept. */
  readonly wasCalm: boolean;
  /** Keeps what is known now; somebody who looked at the same time and was first stays. */
  readonly keep: () => Promise<void>;
}

/** The index follows the table within about a second. */
const indexLagMs = 5_000;
/** What is older says nothing about now. */
const lookBackMs = 24 * 3_600_000;
/** A busy day is more than one look can read: the next one goes on where this one stopped. */
const readLimitMs = 3_000;

/** Goes on with the suspicion of a stable release from what was kept of it. Every horizon reads each call once. */
export const lookAtStable = async (ports: LookAtStablePorts, head: Head, watch: Watch): Promise<Look> => {
  const { judgeStates, clock, log } = ports;
  const nowMs = clock.now();
  const kept = await judgeStates.read(watch.id);
  const state = SuspicionState.safeParse(kept?.state).data;
  if (kept && state === undefined) log.warn('suspicion-begun-anew', { service: head.service, set: head.set });
  const oldestMs = Math.max(watch.sinceMs, nowMs - lookBackMs);
  const suspicion = createSuspicion(watch.suspicion, oldestMs, state);
  const wasCalm = suspicion.isCalm();
  for (let track = 0; track < suspicion.tracks; track += 1)
    await takeNew(ports, head, { suspicion, track, oldestMs, nowMs });
  return {
    suspicion,
    wasCalm,
    keep: async () => {
      await judgeStates.keep(watch.id, suspicion.state(), kept?.version ?? 0);
    },
  };
};

interface Reading {
  readonly suspicion: Suspicion;
  readonly track: number;
  readonly oldestMs: number;
  readonly nowMs: number;
}

/** Calls in order of their start, up to the first that is not settled at this horizon. */
const takeNew = async (
  { calls, clock }: LookAtStablePorts,
  { service, set }: Head,
  { suspicion, track, oldestMs, nowMs }: Reading,
): Promise<void> => {
  const from = new Date(Math.max(oldestMs, suspicion.fromMs(track)));
  for await (const read of calls.started(service, set, from)) {
    if (isMalformed(read)) continue;
    if (Date.parse(read.assignment.startedAt) >= nowMs - indexLagMs) return;
    const call = callOnStable(read);
    if (call && !suspicion.take(track, call, nowMs)) return;
    if (clock.now() - nowMs > readLimitMs) return;
  }
};
