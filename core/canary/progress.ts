import { assertNever } from '../errors.ts';
import type { CanaryPlan } from './plan.ts';
import { vetoText } from './reason.ts';
import type { Verdict } from './verdict.ts';

/** Where a promotion stands when its loop wakes up. */
export interface Progress {
  /** The candidate's present weight by the head. */
  readonly weightPercent: number;
  readonly secondsAtWeight: number;
  readonly secondsSinceStart: number;
  /** Why somebody froze the set; exposure stays as it is and the lease is renewed. @default not frozen */
  readonly frozen?: string;
  readonly verdict: Pick<Verdict, 'verdict' | 'reason' | 'vetoes' | 'unknownBecause' | 'exposure' | 'calls'>;
}

/**
 * What the loop does next. `wait`, `hold` and `advance` rest on evidence in time, so they renew the exposure lease;
 * `freeze` does not. Seconds are whole.
 */
export type NextAction =
  /** The step has not baked yet. */
  | { readonly kind: 'wait'; readonly seconds: number }
  /** Baked, but the evidence is not there yet. */
  | { readonly kind: 'hold'; readonly seconds: number; readonly reason: string }
  /** More callers meet the candidate. */
  | { readonly kind: 'advance'; readonly weightPercent: number }
  /** The candidate becomes stable. */
  | { readonly kind: 'promote'; readonly reason: string }
  /** The candidate was shown worse: no callers, quarantine. */
  | { readonly kind: 'abort'; readonly reason: string }
  /** Could not measure: exposure stays as it is and the lease is not renewed, so it ends with the lease and never grows meanwhile. */
  | { readonly kind: 'freeze'; readonly seconds: number; readonly reason: string }
  /** The deadline came without a verdict: no callers, no quarantine. */
  | { readonly kind: 'give-up'; readonly reason: string };

const longestWaitSeconds = 300;
const firstWaitSeconds = 10;
/** The loop looks again when about so many more calls should be known. */
const callsPerLook = 5;

/** The next action of a promotion: pure, so that the same situation always gives the same answer. */
export const nextAction = (plan: CanaryPlan, progress: Progress): NextAction => {
  const { verdict } = progress;
  switch (verdict.verdict) {
    case 'abort':
      return { kind: 'abort', reason: verdict.reason };
    case 'unknown':
      return pastDeadline(plan, progress) ?? unmeasured(plan, progress);
    case 'promote':
      return whenPromising(plan, progress) ?? pastDeadline(plan, progress) ?? forward(plan, progress);
    case 'hold':
      return pastDeadline(plan, progress) ?? forward(plan, progress);
    default:
      return assertNever(verdict.verdict, 'verdict');
  }
};

/** How long an exposure lease lasts: the head's `exposureUntil` is the analysis' moment plus this. */
export const exposureLeaseSeconds = (plan: CanaryPlan): number => Math.ceil(plan.evidenceDeadlineMinutes * 60);

/** Weights under test, in order. A canary's step of 100 % is the promotion itself, not a weight under test. */
export const testedSteps = (plan: CanaryPlan): CanaryPlan['steps'] =>
  plan.steps.filter(({ weightPercent }) => weightPercent < 100);

const stepIndexAt = (plan: CanaryPlan, weightPercent: number): number =>
  testedSteps(plan).findLastIndex((step) => step.weightPercent <= weightPercent);

const whenPromising = (plan: CanaryPlan, progress: Progress): NextAction | undefined => {
  const steps = testedSteps(plan);
  const index = stepIndexAt(plan, progress.weightPercent);
  const { frozen, verdict } = progress;
  const isLast = index === steps.length - 1 && progress.weightPercent > 0;
  const ready = isLast && bakeLeftSeconds(plan, progress) <= 0 && verdict.vetoes.length === 0 && frozen === undefined;
  return ready ? { kind: 'promote', reason: progress.verdict.reason } : undefined;
};

const pastDeadline = (plan: CanaryPlan, { secondsSinceStart, verdict }: Progress): NextAction | undefined =>
  secondsSinceStart >= plan.deadlineMinutes * 60
    ? { kind: 'give-up', reason: `no verdict within ${plan.deadlineMinutes} minutes: ${verdict.reason}` }
    : undefined;

const unmeasured = (plan: CanaryPlan, progress: Progress): NextAction => {
  const { reason, unknownBecause } = progress.verdict;
  const seconds = wholeSeconds(lookSeconds(plan, progress));
  // A quiet service has no call of the candidate yet, and nothing is wrong with that: the lease goes on, exposure does not.
  return unknownBecause === 'not-yet' ? { kind: 'hold', seconds, reason } : { kind: 'freeze', seconds, reason };
};

const forward = (plan: CanaryPlan, progress: Progress): NextAction => {
  const { verdict, frozen } = progress;
  const bakeLeft = bakeLeftSeconds(plan, progress);
  if (bakeLeft > 0) return { kind: 'wait', seconds: wholeSeconds(Math.min(bakeLeft, lookSeconds(plan, progress))) };
  const seconds = wholeSeconds(lookSeconds(plan, progress));
  if (frozen !== undefined) return { kind: 'hold', seconds, reason: `frozen: ${frozen}` };
  if (verdict.vetoes.length > 0)
    return { kind: 'hold', seconds, reason: `${vetoText(verdict.vetoes)}: ${verdict.reason}` };
  const next = testedSteps(plan)[stepIndexAt(plan, progress.weightPercent) + 1];
  if (!next) return { kind: 'hold', seconds, reason: verdict.reason };
  const calls = callsInStep(progress);
  if (progress.weightPercent > 0 && calls < plan.minimumCallsToAdvance) {
    const reason = `${calls} candidate calls known at ${progress.weightPercent} %; the plan wants ${plan.minimumCallsToAdvance}`;
    return { kind: 'hold', seconds, reason };
  }
  return { kind: 'advance', weightPercent: next.weightPercent };
};

const bakeLeftSeconds = (plan: CanaryPlan, progress: Progress): number => {
  const step = testedSteps(plan)[stepIndexAt(plan, progress.weightPercent)];
  return (step?.bakeMinutes ?? 0) * 60 - progress.secondsAtWeight;
};

const callsInStep = ({ verdict, weightPercent }: Progress): number => {
  const last = verdict.exposure.at(-1);
  return last?.weightPercent === weightPercent ? last.candidateCalls : 0;
};

/** Ten seconds on a busy service, minutes on a quiet one; well before the evidence or the promotion is overdue. */
const lookSeconds = (plan: CanaryPlan, { secondsSinceStart, verdict }: Progress): number => {
  const evidenceSeconds = plan.evidenceDeadlineMinutes * 60;
  const shortest = Math.min(firstWaitSeconds, evidenceSeconds / 12);
  const secondsPerCall = secondsSinceStart / (verdict.calls.used + 1);
  const wanted = Math.max(shortest, callsPerLook * secondsPerCall);
  const deadlineLeft = Math.max(1, plan.deadlineMinutes * 60 - secondsSinceStart);
  return Math.min(wanted, longestWaitSeconds, evidenceSeconds / 3, deadlineLeft);
};

/** Workflow waits take whole seconds. */
const wholeSeconds = (seconds: number): number => Math.max(1, Math.ceil(seconds));
