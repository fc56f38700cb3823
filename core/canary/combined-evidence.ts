import { logSumExp } from './bounded-mean.ts';
import type { GuardrailName } from './guardrail.ts';

interface Evidence {
  readonly logE: number;
}

/** A guardrail that decides, at W. */
export interface Deciding {
  readonly name: GuardrailName;
  readonly abort: Evidence;
  readonly promote: Evidence;
  /** Logarithm of its part of alpha. */
  readonly logWeight: number;
}

/** What carries the most evidence for an abort. */
export interface Strongest {
  readonly guardrail: GuardrailName;
  /** Index of the short horizon; null is W. */
  readonly horizon: number | null;
}

export interface CombinedEvidence {
  /** The largest evidence for an abort that one of the horizons has, weighted: P(it ever reaches 1/alpha) <= alpha. */
  logEAbort(): number;
  /** W's part of it: the weighted mean over the deciding guardrails. */
  logEWindow(): number;
  /** `logEWindow() >= logE`, without summing when no part of it comes near. */
  windowReaches(logE: number): boolean;
  /** The part of short horizon number `horizon`, weighted. */
  logESoon(horizon: number): number;
  /** Log evidence of the deciding guardrail that is the furthest from being cleared. */
  logEPromote(): number;
  /** The deciding guardrail with the largest weighted evidence at W. */
  heaviest(): GuardrailName;
  /** The same over all horizons. */
  strongest(): Strongest;
}

/**
 * W takes all guardrails in one order of calls, so the weighted mean of their evidence is an e-process again. A short horizon is ahead of
 * W: at any moment it knows calls that W does not know yet, so the two are not processes of one clock, and their mean at that moment
 * need not be one. Each therefore has a part of alpha of its own, which holds whatever they have to do with each other: an abort when
 * the largest of the weighted reaches 1/alpha.
 */
export const combineEvidence = (
  deciding: readonly Deciding[],
  soon: readonly (Evidence & { readonly logWeight: number })[],
): CombinedEvidence => {
  /** A sum of so many parts is at most so many times its largest one. */
  const logParts = Math.log(deciding.length) + 1e-9;
  const weighted = new Float64Array(deciding.length);
  const logEWindow = (): number => {
    deciding.forEach(({ abort, logWeight }, index) => {
      weighted[index] = abort.logE + logWeight;
    });
    return logSumExp(weighted);
  };
  const logESoon = (index: number): number => {
    const horizon = soon[index];
    return horizon ? horizon.logE + horizon.logWeight : Number.NEGATIVE_INFINITY;
  };
  const heaviest = (): GuardrailName =>
    deciding.reduce((top, next) => (next.abort.logE + next.logWeight > top.abort.logE + top.logWeight ? next : top))
      .name;

  return {
    logEAbort() {
      let largest = logEWindow();
      for (let index = 0; index < soon.length; index += 1) largest = Math.max(largest, logESoon(index));
      return largest;
    },
    logEWindow,
    windowReaches: (logE) =>
      deciding.some(({ abort, logWeight }) => abort.logE + logWeight + logParts >= logE) && logEWindow() >= logE,
    logESoon,
    logEPromote: () => deciding.reduce((least, { promote }) => Math.min(least, promote.logE), Number.POSITIVE_INFINITY),
    heaviest,
    strongest() {
      const best = soon.reduce((top, _, index) => (logESoon(index) > logESoon(top) ? index : top), 0);
      if (logESoon(best) > logEWindow()) return { guardrail: 'errorRate', horizon: best };
      return { guardrail: heaviest(), horizon: null };
    },
  };
};
