import { z } from 'zod';
import { type Clock, timestampOf } from '../clock.ts';
import { stored } from '../stored.ts';
import { Arm, WeightPercent } from '../words/arm.ts';
import { SessionChannel } from '../words/channel.ts';
import { ReleaseId } from '../words/digest.ts';
import { PromotionId, SessionId, TraceId } from '../words/ids.ts';
import { CustomerId, ServiceName, SetName } from '../words/names.ts';
import { ErrorClass, Outcome } from '../words/outcome.ts';
import { OutcomeWindowSeconds, Timestamp } from '../words/time.ts';

/** Everything that is decided before a call starts; the edge signs it for the host. A session keeps it to its end. */
export const SessionAssignment = z
  .strictObject({
    sessionId: SessionId,
    traceId: TraceId,
    service: ServiceName,
    set: SetName,
    customerId: CustomerId,
    /** SHA-256 of the caller's affinity key, never the phone number: the unit of random assignment. */
    callerHash: z.string().regex(/^[0-9a-f]{64}$/),
    channel: SessionChannel,
    arm: Arm,
    release: ReleaseId,
    /** Present while a canary runs. */
    promotionId: PromotionId.optional(),
    /** The candidate's weight at assignment: the known probability of the test. */
    weightPercent: WeightPercent,
    /** W of the comparison: a call that gets as old is vouched for. @default - no comparison asks */
    outcomeWindowSeconds: OutcomeWindowSeconds.optional(),
    /** Synthetic call of a probe or drill: never enters a test or a rate. */
    probe: z.boolean(),
    /** When the edge accepted the call: the order of the test. */
    startedAt: Timestamp,
  })
  .readonly();
export type SessionAssignment = z.infer<typeof SessionAssignment>;

/** What is known when the call is over. */
export const SessionResult = z
  .strictObject({
    endedAt: Timestamp,
    /** When the store wrote the result: what was known by a moment is what was stamped by then. The store stamps it itself. */
    recordedAt: Timestamp.optional(),
    /**
     * Nobody knows how the call went. `before-hand-over`: no release ever had it. `after-hand-over`: one had it, and its end was never
     * seen; somebody closed the record in its name.
     */
    lost: z.enum(['before-hand-over', 'after-hand-over']).optional(),
    outcome: Outcome,
    errorClass: ErrorClass.optional(),
    /** One line for engineers; no caller data. */
    errorDetail: z.string().max(500).optional(),
    /** The task of the call was done: the success signal beside the error rate (S7). */
    taskSucceeded: z.boolean().optional(),
    costUsd: z.number().nonnegative(),
    turns: z.int().nonnegative(),
    /** Turns whose latency was above the release's budget. */
    slowTurns: z.int().nonnegative(),
    startMs: z.number().nonnegative().optional(),
    turnLatencyMs: z.array(z.number().nonnegative()).max(1_000).optional(),
    interruptions: z.int().nonnegative().optional(),
    /** Digest of the transcript object in the artifact bucket. */
    transcript: z.string().optional(),
  })
  .readonly();
export type SessionResult = z.infer<typeof SessionResult>;
export const storedSessionResult = stored(SessionResult);

/** Start row before the first frame, result at the end; a call without a result is still open, or its end was not written yet. */
export const SessionRecord = z
  .strictObject({
    assignment: SessionAssignment,
    hostId: z.string(),
    overlayVersion: z.int().nonnegative(),
    /** Digest of the effective configuration the call ran with (O1). */
    configDigest: z.string(),
    /** This call is its caller's first of the promotion, so it enters the test. */
    countsInTest: z.boolean(),
    /** When the store wrote the start row; the store stamps it itself. */
    openedAt: Timestamp.optional(),
    /** Its host said once, when the call was as old as W, that it was still going on then. */
    aliveUntil: Timestamp.optional(),
    result: SessionResult.optional(),
  })
  .readonly();
export type SessionRecord = z.infer<typeof SessionRecord>;
export const storedSession = stored(SessionRecord);

/** As a store writes it: the moment of writing is the store's to say, whatever the record brings. */
export const stampedResult = (result: SessionResult, clock: Pick<Clock, 'now'>): SessionResult => ({
  ...result,
  recordedAt: timestampOf(clock.now()),
});

export const stampedRecord = ({ result, ...record }: SessionRecord, clock: Pick<Clock, 'now'>): SessionRecord => ({
  ...record,
  openedAt: timestampOf(clock.now()),
  ...(result && { result: stampedResult(result, clock) }),
});
