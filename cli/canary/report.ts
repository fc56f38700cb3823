import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { decisionRecord, storedDecisionRecord } from '#core/canary/decision.ts';
import { type CanaryReport, type ReportedPart, renderReport } from '#core/canary/report/render-report.ts';
import { LastgoodError } from '#core/errors.ts';
import type { ReleaseDiff } from '#core/release/diff.ts';
import { partNames } from '#core/release/parts.ts';
import { renderChange } from '#core/release/render-diff.ts';
import { type Story, gatherStory } from '#operations/promotion/gather-story.ts';
import { momentOf } from '../options/moment.ts';
import { readOrgs } from '../org/read-org.ts';
import { loadPlan } from '../promotion/load-plan.ts';
import { withPromotion } from '../promotion/with-promotion.ts';
import { analyzeFile } from './input.ts';

interface ReportOptions {
  readonly input?: string;
  readonly plan?: string;
  readonly html: string;
  readonly now?: string;
  readonly title?: string;
  readonly org?: string;
  readonly orgs: string;
  readonly json: boolean;
}

/** `lastgood canary report <promotion>` or `--input`: one self-contained page about a canary. */
export const canaryReportCommand = (): Command =>
  new Command('report')
    .description('write one page with rates, evidence and exposure of a promotion, or of recorded calls')
    .argument('[promotion]', 'id of the promotion, or the beginning of it')
    .requiredOption('--html <file>', 'where to write the page')
    .option('--org <name>', 'org of the promotion (default: all of the folder)')
    .option('--orgs <folder>', 'folder of org files', 'orgs')
    .option('--input <file>', 'instead of a promotion: one JSON object per line and call; - reads standard input')
    .option('--plan <plan>', 'with --input: a shipped plan (standard, cautious, blue-green, tour) or a YAML file')
    .option('--json', 'print verdict, reason and file as one JSON object', false)
    .option('--title <text>', 'heading of the page')
    .option('--now <time>', 'with --input: moment of the analysis, ISO 8601 (default: that of the newest record)')
    .addHelpText(
      'after',
      '\nExamples:\n  lastgood canary report 3f9c21ab --html report.html\n' +
        '  lastgood canary report --input outcomes.ndjson --plan standard --html report.html',
    )
    .action(async (promotion: string | undefined, options: ReportOptions) => {
      const report = promotion === undefined ? await ofFile(options) : await ofPromotion(promotion, options);
      await writeFile(options.html, renderReport({ ...report, ...(options.title && { title: options.title }) }));
      const { verdict, reason } = report.decision.verdict;
      const text = options.json
        ? JSON.stringify({ verdict, reason, html: options.html })
        : `${verdict}: ${reason}\nwrote ${options.html}`;
      process.stdout.write(`${text}\n`);
    });

const ofFile = async ({ input, plan: planName, now }: ReportOptions): Promise<CanaryReport> => {
  if (input === undefined || planName === undefined)
    throw new LastgoodError('invalid-input', 'name a promotion, or give recorded calls with --input and --plan');
  const plan = await loadPlan(planName);
  const { analysis, lastMs } = await analyzeFile(input, plan);
  return {
    decision: decisionRecord(plan, analysis, analysis.verdict(now === undefined ? lastMs : momentOf('--now', now))),
  };
};

const ofPromotion = async (name: string, { org, orgs }: ReportOptions): Promise<CanaryReport> =>
  withPromotion(name, await readOrgs(org, orgs), async (access, promotion) =>
    reportOf(access.org.name, await gatherStory(access, promotion)),
  );

const reportOf = (org: string, { promotion, decisions, diff, quarantine }: Story): CanaryReport => {
  const { input, end, startedAt } = promotion;
  const last = decisions.at(-1);
  if (last === undefined)
    throw new LastgoodError('not-found', `promotion ${input.promotionId} ended before any decision; see lastgood why`);
  const what = `decision ${last.number} of promotion ${input.promotionId}`;
  return {
    decision: storedDecisionRecord.read(last.record, what),
    title: `${input.service} ${input.version} on ${input.set}`,
    facts: [
      { label: 'Org', value: org },
      { label: 'Promotion', value: input.promotionId },
      { label: 'Release', value: input.release },
      ...(promotion.incumbent ? [{ label: 'Stable then', value: promotion.incumbent }] : []),
      { label: 'Started', value: `${startedAt} by ${input.requestedBy}` },
      { label: 'End', value: end ? `${end.outcome} at ${end.endedAt} by ${end.by}: ${end.reason}` : 'still running' },
      ...(quarantine ? [{ label: 'Quarantined', value: `${quarantine.at} by ${quarantine.by}` }] : []),
    ],
    ...(typeof diff === 'object' && { diff: reportedParts(diff) }),
  };
};

const reportedParts = ({ sections }: ReleaseDiff): readonly ReportedPart[] =>
  partNames.map((part) => {
    const changes = sections.find(({ section }) => section === part)?.changes ?? [];
    const summary = changes.length === 1 ? '1 change' : `${changes.length} changes`;
    return {
      part,
      changed: changes.length > 0,
      summary: changes.length === 0 ? 'the same' : summary,
      lines: changes.flatMap(renderChange),
    };
  });
