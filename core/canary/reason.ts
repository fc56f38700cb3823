import { assertNever } from '../errors.ts';
import { type GuardrailName, guardrailVerbs } from './guardrail.ts';
import type { CanaryPlan } from './plan.ts';
import type { Metrics, Veto } from './verdict.ts';

// Formatters are made once: making one costs more than the whole analysis of a call.
const plain = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const money = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });
/** Nearly all numbers are small counts, and formatting one costs as much as a test. */
const number = (value: number): string =>
  Number.isInteger(value) && value >= 0 && value < 1_000 ? `${value}` : plain.format(value);
const usd = (value: number): string => `$${money.format(value)}`;

/** Odds as people say them: "34:1", "1:5", "over 1,000,000:1". */
export const odds = (logE: number): string => {
  const ratio = Math.exp(Math.min(Math.abs(logE), 50));
  const [over, under, shown] = ratio > 1e6 ? ['over ', 'under ', '1,000,000'] : ['', '', number(Math.round(ratio))];
  return logE >= 0 ? `${over}${shown}:1` : `${under}1:${shown}`;
};

/** "candidate fails 9 of 61 calls, stable 31 of 1,190" */
export const comparison = (name: GuardrailName, metrics: Metrics): string => {
  if (name === 'meanCost') {
    const { stable, candidate } = metrics.meanCost;
    const mean = ({ n, sumUsd }: { n: number; sumUsd: number }): string => (n === 0 ? 'nothing yet' : usd(sumUsd / n));
    return `candidate costs ${mean(candidate)} a call over ${number(candidate.n)} calls, stable ${mean(stable)} over ${number(stable.n)}`;
  }
  const { stable, candidate } = metrics[name];
  return `candidate ${guardrailVerbs[name]} ${number(candidate.bad)} of ${number(candidate.n)} calls, stable ${number(stable.bad)} of ${number(stable.n)}`;
};

/** "candidate fails 9 of 11 calls within 20 seconds, stable 2 of 190" */
const comparisonSoon = (metrics: Metrics, seconds: number): string => {
  const horizon = metrics.errorRate.horizons.find((one) => one.seconds === seconds);
  const { stable, candidate } = horizon ?? metrics.errorRate;
  return `candidate fails ${number(candidate.bad)} of ${number(candidate.n)} calls within ${spanOf(seconds)}, stable ${number(stable.bad)} of ${number(stable.n)}`;
};

/** 20 → "20 seconds", 120 → "2 minutes" */
export const spanOf = (seconds: number): string => {
  const [value, unit] = seconds < 60 || seconds % 60 !== 0 ? [seconds, 'second'] : [seconds / 60, 'minute'];
  return `${number(value)} ${unit}${value === 1 ? '' : 's'}`;
};

const marginOf = (name: GuardrailName, plan: CanaryPlan): string => {
  if (name === 'meanCost') return usd(plan.guardrails.meanCost.marginUsd);
  return pointsText(plan.guardrails[name].marginPercentagePoints);
};

const pointsText = (points: number): string => `${number(points)} ${points === 1 ? 'point' : 'points'}`;

/** What speaks against more exposure, as a clause. */
const vetoTexts: Readonly<Record<Veto, string>> = {
  'leans-worse': 'the evidence leans towards worse',
  'above-margin': "the candidate's estimate lies above stable's plus the margin",
  recent: 'the newest calls look worse on the candidate',
  watched: 'a guardrail that does not decide was shown worse',
  refused: 'callers are refused in one arm more often than in the other',
};
export const vetoText = (vetoes: readonly Veto[]): string => vetoes.map((veto) => vetoTexts[veto]).join('; ');

export type Finding =
  | {
      readonly kind: 'abort';
      readonly heaviest: GuardrailName;
      readonly logE: number;
      /** The short horizon that decided, and its margin in points. @default W and the guardrail's */
      readonly soon?: { readonly seconds: number; readonly margin: number };
    }
  | { readonly kind: 'promote'; readonly weakest: GuardrailName; readonly logE: number }
  | { readonly kind: 'vetoed'; readonly vetoes: readonly Veto[] }
  | { readonly kind: 'no-calls' }
  | { readonly kind: 'no-candidate-call'; readonly expected: number }
  | { readonly kind: 'too-few-calls'; readonly calls: number }
  | {
      readonly kind: 'inconclusive';
      readonly weakest: GuardrailName;
      readonly logEAbort: number;
      readonly logEPromote: number;
    }
  | { readonly kind: 'stale'; readonly minutes: number }
  | { readonly kind: 'contradictory'; readonly calls: number }
  | { readonly kind: 'missing'; readonly calls: number; readonly of: number }
  | { readonly kind: 'assignment'; readonly logE: number };

/** The verdict in one sentence that a person understands. */
export const reasonOf = (finding: Finding, metrics: Metrics, plan: CanaryPlan): string => {
  const needed = `${odds(Math.log(1 / plan.alpha))} decides`;
  switch (finding.kind) {
    case 'abort':
      if (finding.soon)
        return `${comparisonSoon(metrics, finding.soon.seconds)}: worse by more than ${pointsText(finding.soon.margin)}, evidence ${odds(finding.logE)}`;
      return `${comparison(finding.heaviest, metrics)}: worse by more than ${marginOf(finding.heaviest, plan)}, evidence ${odds(finding.logE)}`;
    case 'promote':
      return `${comparison(finding.weakest, metrics)}: not worse by ${marginOf(finding.weakest, plan)}, evidence ${odds(finding.logE)} on every guardrail`;
    case 'vetoed':
      return `cleared, but held: ${vetoText(finding.vetoes)}`;
    case 'no-calls':
      return 'no call of the candidate is known yet';
    case 'no-candidate-call':
      return `no call of the candidate is known; by its weight about ${number(Math.round(finding.expected))} should be`;
    case 'too-few-calls':
      return `${number(finding.calls)} candidate calls are known; the plan wants ${number(plan.minimumCallsToPromote)} before it promotes`;
    case 'inconclusive':
      return `${comparison(finding.weakest, metrics)}: not enough to tell, evidence ${odds(finding.logEAbort)} for worse and ${odds(finding.logEPromote)} for no worse (${needed})`;
    case 'stale':
      return `no new evidence for ${number(finding.minutes)} minutes; the plan allows ${number(plan.evidenceDeadlineMinutes)}`;
    case 'contradictory':
      return `${number(finding.calls)} ${finding.calls === 1 ? 'call has' : 'calls have'} contradictory records, so the evidence cannot be trusted`;
    case 'missing':
      return `${number(finding.calls)} of ${number(finding.of)} candidate calls have no recorded end ${number(plan.outcomeWindowMinutes)} minutes after their start, and no host vouches for them: outcomes get lost`;
    case 'assignment':
      return `callers are not split as the weight says, evidence ${odds(finding.logE)}: the router, not the candidate, is in question`;
    default:
      return assertNever(finding, 'finding');
  }
};
