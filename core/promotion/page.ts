import { storedDecisionRecord } from '../canary/decision.ts';
import { guardrailNames } from '../canary/guardrail.ts';
import { comparison, odds } from '../canary/reason.ts';
import type { ReleaseDiff } from '../release/diff.ts';
import { shortId } from '../words/digest.ts';
import { renderDiff } from '../release/render-diff.ts';
import type { PromotionInput } from './promotion-input.ts';

/** What became of a promotion, as people are told. `refused`: it ended before any caller met its release. */
export type PageKind = 'promoted' | 'aborted' | 'refused' | 'rolled-back';

export interface PageFacts {
  readonly kind: PageKind;
  readonly promotion: PromotionInput;
  /** Why, in one sentence. */
  readonly reason: string;
  /** Who or what ended it. */
  readonly by: string;
  readonly at: string;
  /** `DecisionRecord`, or what the path that decided left instead. @default - nothing was decided */
  readonly decision?: unknown;
  /** Where new calls go now. @default - the set is empty */
  readonly stable?: { readonly version: string; readonly release: string };
  readonly quarantined: boolean;
  /** From stable to the promoted release, or why it could not be read. @default - there was no incumbent */
  readonly diff?: ReleaseDiff | string;
}

export interface PageText {
  readonly subject: string;
  readonly body: string;
}

/** A page that can be acted on without looking anything up: verdict, numbers, evidence, exact difference, commands (R8, S11). */
export const renderPage = (facts: PageFacts): PageText => {
  const { kind, promotion, reason } = facts;
  const { service, set, version, org } = promotion;
  const subject = `[${org}] ${service} ${version} ${kind} on ${set}`;
  const sections = [
    `${subject}\n${reason}`,
    placementText(facts),
    evidenceText(facts.decision),
    diffText(facts.diff),
    commandsText(facts),
  ];
  return { subject, body: sections.filter((section) => section !== '').join('\n\n') };
};

const placementText = ({ stable, quarantined, promotion, by, at }: PageFacts): string =>
  [
    `By ${by} at ${at}.`,
    stable ? `New calls are on ${stable.version} (${shortId(stable.release)}).` : 'The set has no release.',
    ...(quarantined ? [`Release ${shortId(promotion.release)} is quarantined.`] : []),
  ].join('\n');

const evidenceText = (decision: unknown): string => {
  const record = storedDecisionRecord.recognize(decision);
  if (record === undefined) return '';
  const { plan, verdict } = record;
  const rates = guardrailNames
    .filter((name) => verdict.metrics[name].decides)
    .map((name) => {
      const { logEAbort, logEPromote } = verdict.metrics[name];
      const measured = comparison(name, verdict.metrics);
      return `  ${name}: ${measured}; evidence for worse ${odds(logEAbort)}, for not worse ${odds(logEPromote)}`;
    });
  const examples = verdict.exampleCallIds.map((id) => `  ${id}`);
  return [
    `Verdict: ${verdict.verdict} at ${verdict.at}, on ${verdict.calls.used} calls by plan ${plan.name}.`,
    `Evidence: E = ${odds(verdict.logEAbort)} for worse, ${odds(verdict.logEPromote)} for not worse; ${odds(verdict.logThreshold)} decides.`,
    ...rates,
    ...(examples.length > 0 ? ['Example calls:', ...examples] : []),
  ].join('\n');
};

const diffText = (diff: ReleaseDiff | string | undefined): string => {
  if (diff === undefined) return '';
  return typeof diff === 'string' ? `What changed could not be read: ${diff}` : `What changed:\n${renderDiff(diff)}`;
};

const commandsText = ({ kind, promotion }: PageFacts): string => {
  const { org, service, set, promotionId, version } = promotion;
  const undo = `lastgood rollback ${service} --set ${set} --org ${org}`;
  return [
    'Next:',
    `  lastgood why ${promotionId} --org ${org}`,
    `  lastgood status ${service} --org ${org}`,
    ...(kind === 'promoted' ? [`  ${undo}   (goes back from ${version})`] : []),
  ].join('\n');
};
