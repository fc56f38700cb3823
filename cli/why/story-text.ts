import { storedDecisionRecord } from '#core/canary/decision.ts';
import { guardrailNames } from '#core/canary/guardrail.ts';
import { saidAfterPromotion, sideNames } from '#core/canary/holdback-plan.ts';
import { comparison, odds } from '#core/canary/reason.ts';
import type { Decision } from '#core/promotion/promotion-store.ts';
import { renderDiff } from '#core/release/render-diff.ts';
import type { HistoryEntry, Placement } from '#core/version-set/head.ts';
import { shortId } from '#core/words/digest.ts';
import type { Story } from '#operations/promotion/gather-story.ts';

/** The story as text: what was asked, what happened when, what it was decided on, what had changed. */
export const storyText = (story: Story): string => {
  const { input } = story.promotion;
  return [
    `Promotion ${input.promotionId}`,
    `${input.service} ${input.version} (${shortId(input.release)}) to ${input.set} in ${input.org}, ` +
      `plan ${input.plan.name}, attempt ${input.attempt}, asked by ${input.requestedBy}`,
    endText(story),
    '',
    'What happened',
    ...events(story).map(({ at, text }) => `  ${at}  ${text}`),
    ...lastEvidence(story.decisions),
    ...diffText(story),
  ].join('\n');
};

const endText = ({ promotion: { end }, quarantine }: Story): string => {
  const ended = end === undefined ? 'It is not over.' : `It was ${end.outcome}: ${end.reason}`;
  if (quarantine === undefined) return ended;
  return quarantine.overriddenAt === undefined
    ? `${ended}\nIts release is quarantined since ${quarantine.at}: ${quarantine.reason}`
    : `${ended}\nIts quarantine was overridden by ${quarantine.overriddenBy} at ${quarantine.overriddenAt}: ${quarantine.overrideReason}`;
};

interface Event {
  readonly at: string;
  readonly text: string;
}

/** Times are all ISO 8601 in UTC, so they sort as text. */
const events = ({ promotion, transitions, decisions }: Story): readonly Event[] =>
  [
    { at: promotion.startedAt, text: `asked for by ${promotion.input.requestedBy}` },
    ...decisions.map(({ at, number, verdict, reason }) => ({ at, text: `decision ${number}: ${verdict}: ${reason}` })),
    ...transitions.map((entry) => ({ at: entry.at, text: transitionText(entry) })),
    ...(promotion.end
      ? [{ at: promotion.end.endedAt, text: `${promotion.end.outcome}, recorded by ${promotion.end.by}` }]
      : []),
  ].sort((a, b) => (a.at < b.at ? -1 : 1));

const transitionText = ({ revision, kind, by, reason, to, evidence }: HistoryEntry): string => {
  const exposure = exposureText(to);
  const proof = evidence === undefined ? '' : `, on ${evidence}`;
  return `revision ${revision}, ${kind} by ${by}: ${reason} (stable ${shortId(to.stable)}, ${exposure}${proof})`;
};

const exposureText = ({ candidate, holdback, weightPercent }: Placement): string => {
  if (candidate) return `candidate at ${weightPercent} %`;
  return holdback ? `${weightPercent} % held back on ${shortId(holdback)}` : 'no candidate';
};

/** The numbers of the latest decision: the one that counted. */
const lastEvidence = (decisions: readonly Decision[]): readonly string[] => {
  const record = storedDecisionRecord.recognize(decisions.at(-1)?.record);
  if (record === undefined) return [];
  const { plan, verdict, outcomesDigest } = record;
  const names = sideNames(record.comparison);
  const said = record.comparison === undefined ? (text: string) => text : saidAfterPromotion;
  const rates = guardrailNames.map((name) => {
    const { decides, logEAbort, logEPromote } = verdict.metrics[name];
    const use = decides ? '' : ' (measured only)';
    return `  ${name}${use}: ${said(comparison(name, verdict.metrics))}; worse ${odds(logEAbort)}, no worse ${odds(logEPromote)}`;
  });
  return [
    '',
    `On what evidence: ${verdict.calls.used} calls, alpha ${plan.alpha}, margin ${plan.marginPercentagePoints} points`,
    `  E ${odds(verdict.logEAbort)} for worse, ${odds(verdict.logEPromote)} for no worse; ${odds(verdict.logThreshold)} decides`,
    ...rates,
    ...verdict.exposure.map(
      ({ weightPercent, stableCalls, candidateCalls, firstAt, lastAt }) =>
        `  at ${weightPercent} %: ${candidateCalls} ${names.candidate} and ${stableCalls} ${names.stable} calls, ${firstAt} to ${lastAt}`,
    ),
    ...(verdict.exampleCallIds.length === 0 ? [] : [`  example calls: ${verdict.exampleCallIds.join(', ')}`]),
    `  digest of the outcomes: ${outcomesDigest}`,
  ];
};

const diffText = ({ diff }: Story): readonly string[] => {
  if (diff === undefined) return ['', 'There was no release before it to compare with.'];
  if (typeof diff === 'string') return ['', `What had changed could not be read: ${diff}`];
  return ['', 'What had changed', renderDiff(diff)];
};
