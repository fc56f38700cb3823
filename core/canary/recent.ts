import type { CourseOfCalls } from './course-of-calls.ts';
import { stampGraceMs } from './reading.ts';
import type { CanaryPlan } from './plan.ts';

interface Arms {
  readonly stable: { n: number; bad: number };
  readonly candidate: { n: number; bad: number };
}

/** A look is wrong about an equal release at most so often; while it is, it only waits. */
const logRarity = Math.log(100);

/**
 * Whether calls that W does not know yet look worse on the candidate: both arms' calls since W's last one, each with what is known of it
 * by now. Early news is early in both arms, but a release may fail sooner without failing more, so the candidate may have failed
 * as much more as at the shortest horizon. Binomial tail by its Chernoff bound: this can hold a promotion and never abort.
 */
export const looksWorseLately = (
  { order, firstPlace, seated, walk, callers, soonMargin }: CourseOfCalls,
  plan: CanaryPlan,
  nowMs: number,
  baselineErrors: number,
): boolean => {
  if (!plan.guardrails.errorRate.enabled) return false;
  const from = (walk.tracks.at(-1)?.used ?? 0) - firstPlace;
  if (!hasBadCandidate(order.calls, from)) return false;
  const arms: Arms = { stable: { n: 0, bad: 0 }, candidate: { n: 0, bad: 0 } };
  const seen = new Set<string>();
  for (let at = from; at < order.calls.length; at += 1) {
    const entry = order.calls[at];
    if (!entry || entry.startedMs > nowMs - stampGraceMs) break;
    const { call, refusedMs, recordedMs, contradictory, misplaced } = entry;
    if (contradictory || misplaced || refusedMs <= nowMs || !callers.isFirst(entry)) continue;
    // Nobody has claimed the callers of calls that no horizon has met.
    if (at + firstPlace >= seated) {
      if (seen.has(call.callerId)) continue;
      seen.add(call.callerId);
    }
    const arm = arms[call.arm];
    arm.n += 1;
    if (recordedMs <= nowMs && call.outcome === 'failed') arm.bad += 1;
  }
  const { stable, candidate } = arms;
  if (candidate.bad === 0) return false;
  const stableRate = (stable.bad + pseudoCalls * baselineErrors) / (stable.n + pseudoCalls);
  const allowed = Math.min(0.95, stableRate + soonMargin);
  return candidate.n * divergence(candidate.bad / candidate.n, allowed) >= logRarity;
};

/** Most looks end here. */
const hasBadCandidate = (calls: CourseOfCalls['order']['calls'], from: number): boolean => {
  for (let at = from; at < calls.length; at += 1) {
    const call = calls[at]?.call;
    if (call?.arm === 'candidate' && call.outcome === 'failed') return true;
  }
  return false;
};

/** Steadies stable's rate when few of its calls are that young. */
const pseudoCalls = 10;

/** Relative entropy of two Bernoulli rates when `seen` is the larger one, else 0. */
const divergence = (seen: number, allowed: number): number =>
  seen <= allowed
    ? 0
    : seen * Math.log(seen / allowed) + (seen >= 1 ? 0 : (1 - seen) * Math.log((1 - seen) / (1 - allowed)));
