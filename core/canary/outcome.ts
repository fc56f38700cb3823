import { z } from 'zod';
import { assertNever, isLastgoodError, LastgoodError } from '../errors.ts';
import { parseOrThrow } from '../parse.ts';
import { TestArm } from '../words/arm.ts';
import { Outcome } from '../words/outcome.ts';
import type { RateGuardrail } from './guardrail.ts';
import type { CanaryPlan } from './plan.ts';

const Moment = z.union(
  [
    z.iso.datetime({ offset: true }),
    z.int().nonnegative().max(8_640_000_000_000_000), // the range of Date
  ],
  'must be an ISO 8601 time with its zone, or epoch milliseconds',
);
const count = z.int('must be a whole number').nonnegative('must be 0 or more');
const usd = z
  .number('must be a number of US dollars (JSON writes NaN as null); leave it out when the cost is not known')
  .nonnegative('must be 0 or more');

/** Clocks of one platform differ by less. */
const mostSkewMs = 5_000;

/**
 * One call as the analysis sees it: a line of ndjson. A call without `endedAt` is still open.
 * Weight is the candidate's at the moment of assignment: the known probability of the test.
 */
export const CallOutcome = z
  .strictObject({
    startedAt: Moment,
    /** The unit of random assignment (a hash): only a caller's first call enters the test. */
    callerId: z.string().min(1, 'must not be empty').max(256),
    arm: TestArm,
    weightPercent: z.number().min(0, 'must be 0 to 100').max(100, 'must be 0 to 100'),
    /** An end before the start by less than 5 seconds is two clocks that disagree, and counts as the start. */
    endedAt: Moment.nullish(),
    /** When the store stamped the end or the loss: a horizon counts what was stamped when it was up. @default endedAt */
    recordedAt: Moment.nullish(),
    /**
     * The call is over and nobody knows how. `before-hand-over`: refused, busy, no host, so it says nothing about the release and
     * leaves the test. `after-hand-over`: unknown, which counts against whatever would be decided.
     */
    lost: z.enum(['before-hand-over', 'after-hand-over']).nullish(),
    /**
     * Its host vouched that the call was alive up to this moment. A host that vouches does so at least every 5 seconds. A call that
     * is open at W and not vouched for until then is unknown.
     */
    aliveUntil: Moment.nullish(),
    outcome: Outcome.nullish(),
    errorClass: z.string().max(64).nullish(),
    /** Handed over to a person. @default outcome is `escalated` */
    escalated: z.boolean().nullish(),
    /** Left out: not known, so the call is no evidence about cost. */
    costUsd: usd.optional(),
    slowTurns: count.optional(),
    turns: count.optional(),
    /** @default outcome is `completed` and nobody had to step in */
    taskSucceeded: z.boolean().nullish(),
    /** Named in examples, and the identity of the call. @default caller and start */
    sessionId: z.string().min(1).max(128).nullish(),
  })
  .superRefine((call, context) => {
    const problem = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (call.arm === 'candidate' && call.weightPercent === 0)
      problem('arm', 'cannot be candidate at weightPercent 0: nobody was sent there');
    if (call.arm === 'stable' && call.weightPercent === 100)
      problem('arm', 'cannot be stable at weightPercent 100: everybody was sent to the candidate');
    const ended = call.endedAt !== null && call.endedAt !== undefined;
    if (ended && (call.outcome === null || call.outcome === undefined))
      problem('outcome', 'must be completed, failed, escalated or abandoned once endedAt is given');
    if (!ended && call.outcome !== null && call.outcome !== undefined)
      problem('endedAt', 'must be given with an outcome');
    if (ended && momentMs(call.endedAt) < momentMs(call.startedAt) - mostSkewMs)
      problem('endedAt', 'must not be before startedAt');
    if (ended && call.lost) problem('lost', 'must be left out once endedAt is given: the end is known');
    if ((call.slowTurns ?? 0) > (call.turns ?? Number.POSITIVE_INFINITY))
      problem('slowTurns', `must be at most turns (${call.turns})`);
  })
  .readonly();
export type CallOutcome = z.infer<typeof CallOutcome>;

/** Epoch milliseconds of a parsed moment. */
export const momentMs = (moment: string | number | null | undefined): number =>
  typeof moment === 'number' ? moment : moment ? Date.parse(moment) : Number.NaN;

/** A look writes the same few moments as the look before. */
const recentIso = new Map<number, string>();
const mostRecent = 64;

export const isoOf = (ms: number): string => {
  const known = recentIso.get(ms);
  if (known !== undefined) return known;
  if (recentIso.size >= mostRecent) recentIso.clear();
  const iso = new Date(ms).toISOString();
  recentIso.set(ms, iso);
  return iso;
};

/** Names the call in both an open and an ended record. */
export const callKey = (call: CallOutcome): string => call.sessionId ?? `${momentMs(call.startedAt)} ${call.callerId}`;

/** Never before the start: clocks disagree by milliseconds. */
export const callEndedMs = (call: CallOutcome): number | undefined =>
  call.endedAt === null || call.endedAt === undefined
    ? undefined
    : Math.max(momentMs(call.endedAt), momentMs(call.startedAt));

/** Whether a call that ended within W was bad for a guardrail; `undefined`: not measured, so no evidence. */
export const isBad = (
  guardrail: RateGuardrail,
  call: CallOutcome,
  plan: Pick<CanaryPlan, 'slowTurnsPercent' | 'budgetUsd'>,
): boolean | undefined => {
  const escalated = call.escalated ?? call.outcome === 'escalated';
  switch (guardrail) {
    case 'errorRate':
      return call.outcome === 'failed';
    case 'taskSuccess':
      return !(call.taskSucceeded ?? (call.outcome === 'completed' && !escalated));
    case 'interventionRate':
      return escalated;
    case 'slowTurnRate':
      if (call.slowTurns === undefined || call.turns === undefined) return undefined;
      return call.slowTurns * 100 > call.turns * plan.slowTurnsPercent;
    case 'overBudgetRate':
      return call.costUsd === undefined ? undefined : call.costUsd > plan.budgetUsd;
    default:
      return assertNever(guardrail, 'guardrail');
  }
};

/** The call's part in the mean cost, at most the cap; `undefined`: not measured. */
export const countedCostUsd = (call: CallOutcome, plan: Pick<CanaryPlan, 'costCapUsd'>): number | undefined =>
  call.costUsd === undefined ? undefined : Math.min(call.costUsd, plan.costCapUsd);

const problemsOf = (error: unknown): string[] => {
  if (!isLastgoodError(error)) throw error;
  const problems = error.details['problems'];
  return Array.isArray(problems) ? problems.map(String) : [error.message];
};

type ParsedLine = { readonly call: CallOutcome } | { readonly problems: readonly string[] };

const parseLine = (text: string): ParsedLine => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problems: [`is not JSON (${error instanceof Error ? error.message : String(error)})`] };
  }
  try {
    return { call: parseOrThrow(CallOutcome, value, 'the call') };
  } catch (error) {
    return { problems: problemsOf(error) };
  }
};

const shownProblems = 20;

/**
 * Reads calls from ndjson, one per line; empty lines and a byte-order mark at the head are fine.
 * @throws LastgoodError `invalid-input` with the line number, field, value and what is allowed of the first 20 problems
 */
export const parseOutcomes = (text: string, what = 'the outcomes'): { calls: CallOutcome[]; lines: number[] } => {
  const calls: CallOutcome[] = [];
  const lines: number[] = [];
  const problems: string[] = [];
  text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .forEach((line, index) => {
      if (line.trim() === '') return;
      const parsed = parseLine(line);
      if ('problems' in parsed) problems.push(...parsed.problems.map((problem) => `line ${index + 1}: ${problem}`));
      else {
        calls.push(parsed.call);
        lines.push(index + 1);
      }
    });
  if (problems.length === 0) return { calls, lines };
  const more = problems.length > shownProblems ? [`... and ${problems.length - shownProblems} more`] : [];
  throw new LastgoodError('invalid-input', [`${what}:`, ...problems.slice(0, shownProblems), ...more].join('\n  '), {
    details: { problems: problems.slice(0, shownProblems) },
  });
};
