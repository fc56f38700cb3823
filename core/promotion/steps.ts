import { z } from 'zod';
import { ReleaseId } from '../words/digest.ts';
import { Timestamp } from '../words/time.ts';
import { PromotionInput } from './promotion-input.ts';

/**
 * The steps of a promotion, in the order in which the workflow takes them: what each is given beside the promotion, and what
 * it answers. The workflow keeps each answer under one key beside its input, so a payload stays small: counts and keys, never
 * records.
 */

/** Every step gets the promotion itself, and ignores the answers that it does not need. */
export const Promotion = z.object(PromotionInput.unwrap().shape);
export type Promotion = z.infer<typeof Promotion>;

/** The promotion and the execution that carries it, which the workflow takes from its context. */
export const ValidateInput = z.object({ promotion: Promotion, executionArn: z.string(), startedAt: z.string() });
export type ValidateInput = z.infer<typeof ValidateInput>;

/** `$.validated` */
export const Validated = z.object({
  /** Revision of the head that the checks saw; 0 when the set is empty. A start that comes after a change is refused by it. */
  seenRevision: z.int().nonnegative(),
  /** @default - the set is empty: there is nothing to compare with */
  incumbent: ReleaseId.optional(),
  /** How long the canary is likely to take, for people. */
  forecast: z.string().max(1_000).optional(),
});
export type Validated = z.infer<typeof Validated>;

/** `$.evidence` */
export const EvidenceChecked = z.object({
  required: z.array(z.string()).max(20),
  found: z.array(z.string()).max(100),
  note: z.string().max(500),
});
export type EvidenceChecked = z.infer<typeof EvidenceChecked>;

/** `$.pool` */
export const PoolState = z.object({
  ready: z.boolean(),
  readyHosts: z.int().nonnegative(),
  wantedHosts: z.int().positive(),
  /** When the step first asked for the pool: the wait is bounded from here. */
  since: Timestamp,
  /** Why hosts are not ready, for people. */
  problems: z.array(z.string().max(500)).max(5),
});
export type PoolState = z.infer<typeof PoolState>;

/** The workflow asks again until the pool is ready, and hands in the answer before. */
export const PreparePoolInput = Promotion.extend({ pool: PoolState.optional() });
export type PreparePoolInput = z.infer<typeof PreparePoolInput>;

/** `$.probe` */
export const Probed = z.object({ hostId: z.string(), firstAudioMs: z.number().nonnegative() });
export type Probed = z.infer<typeof Probed>;

/** `$.replay` */
export const Replayed = z.object({
  sessions: z.int().nonnegative(),
  differences: z.int().nonnegative(),
  note: z.string().max(500),
});
export type Replayed = z.infer<typeof Replayed>;

/** What the workflow does next. `initialized`: the release is the first of its set, so there was no canary. */
export const Action = z.enum(['initialized', 'continue', 'advance', 'hold', 'abort', 'promote']);
export type Action = z.infer<typeof Action>;

/** `$.analysis`: the decision of the latest look at the canary. The workflow decides nothing; it follows `action`. */
export const NextStep = z.object({
  action: Action,
  /** Whole seconds: Step Functions waits in no other. */
  waitSeconds: z.int().min(1).max(86_400),
  /** Looks in this execution so far; many of them go on in a new one. */
  loop: z.int().nonnegative(),
  weightPercent: z.number().min(0).max(100),
  reason: z.string().max(2_000),
  /** What the evidence said. An `abort` without it comes from a deadline, or from a path that flipped before. */
  verdict: z.enum(['promote', 'abort', 'hold', 'unknown']).optional(),
  /** Key of the latest decision record. */
  decision: z.string().max(256).optional(),
});
export type NextStep = z.infer<typeof NextStep>;

export const StartCanaryInput = Promotion.extend({ validated: Validated });
export type StartCanaryInput = z.infer<typeof StartCanaryInput>;

/** A look is given the one before. */
export const JudgeCanaryInput = Promotion.extend({ analysis: NextStep.optional() });
export type JudgeCanaryInput = z.infer<typeof JudgeCanaryInput>;

/** `$.continued` */
export const Continued = z.object({ executionName: z.string() });
export type Continued = z.infer<typeof Continued>;

/** `$.promoted` */
export const Promoted = z.object({ revision: z.int().positive(), decision: z.string() });
export type Promoted = z.infer<typeof Promoted>;

/** `$.retired` */
export const Retired = z.object({ pools: z.array(z.string()).max(100), kept: z.array(z.string()).max(100) });
export type Retired = z.infer<typeof Retired>;

/** What Step Functions puts under `$.failure` when a step gave up. */
export const Failure = z.object({ Error: z.string(), Cause: z.string().default('') });
export type Failure = z.infer<typeof Failure>;

/** Comes from a look that said `abort`, or from a step that failed. */
export const AbortInput = Promotion.extend({ analysis: NextStep.optional(), failure: Failure.optional() });
export type AbortInput = z.infer<typeof AbortInput>;

/** `$.aborted` */
export const Aborted = z.object({
  /** `no-canary`: the promotion ended before any caller met its release. */
  outcome: z.enum(['aborted', 'no-canary', 'already-promoted']),
  reason: z.string().max(2_000),
});
export type Aborted = z.infer<typeof Aborted>;

export const NotifyInput = Promotion.extend({ aborted: Aborted });
export type NotifyInput = z.infer<typeof NotifyInput>;

/** `$.notified` */
export const Notified = z.object({ pages: z.int().nonnegative() });
export type Notified = z.infer<typeof Notified>;

/** The message of a failed step: Step Functions gives the function's error as JSON in `Cause`. */
export const failureText = ({ Error: name, Cause: cause }: Failure): string => {
  try {
    const parsed = z.object({ errorMessage: z.string() }).safeParse(JSON.parse(cause));
    return parsed.success ? parsed.data.errorMessage : `${name}: ${cause}`;
  } catch {
    return cause === '' ? name : `${name}: ${cause}`;
  }
};
