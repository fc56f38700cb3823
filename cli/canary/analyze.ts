import { Command } from 'commander';
import { type DecisionRecord, decisionRecord } from '#core/canary/decision.ts';
import { guardrailNames } from '#core/canary/guardrail.ts';
import { odds, spanOf, vetoText } from '#core/canary/reason.ts';
import type { MeanMetric, RateMetric } from '#core/canary/verdict.ts';
import { momentOf } from '../options/moment.ts';
import { loadPlan } from '../promotion/load-plan.ts';
import { plainTable } from '../terminal/table.ts';
import { analyzeFile } from './input.ts';

interface AnalyzeOptions {
  readonly input: string;
  readonly plan: string;
  readonly now?: string;
  readonly json: boolean;
}

/** `lastgood canary analyze`: the verdict on calls in a file, exactly as the live analysis would give it. */
export const canaryAnalyzeCommand = (): Command =>
  new Command('analyze')
    .description('give the verdict on recorded calls, as the live analysis does')
    .requiredOption('--input <file>', 'one JSON object per line and call; - reads standard input')
    .requiredOption('--plan <plan>', 'a shipped plan (standard, cautious, blue-green, tour) or a YAML file')
    .option('--now <time>', 'moment of the analysis, ISO 8601 (default: that of the newest record)')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExample:\n  lastgood canary analyze --input outcomes.ndjson --plan standard --json')
    .action(async (options: AnalyzeOptions) => {
      const { record, duplicates } = await analyzed(options);
      if (duplicates > 0) {
        process.stderr.write(
          `${duplicates} ${duplicates === 1 ? 'record repeats' : 'records repeat'} another; each call counts once\n`,
        );
      }
      process.stdout.write(options.json ? `${JSON.stringify(asJson(record))}\n` : verdictText(record));
    });

const analyzed = async (options: AnalyzeOptions): Promise<{ record: DecisionRecord; duplicates: number }> => {
  const plan = await loadPlan(options.plan);
  const { analysis, duplicates, lastMs } = await analyzeFile(options.input, plan);
  const verdict = analysis.verdict(options.now === undefined ? lastMs : momentOf('--now', options.now));
  return { record: decisionRecord(plan, analysis, verdict), duplicates };
};

/** The verdict's fields first, then what is needed to compute it again. */
const asJson = ({ verdict, plan, outcomesDigest }: DecisionRecord): object => ({ ...verdict, outcomesDigest, plan });

const percent = (bad: number, n: number): string => (n === 0 ? '-' : `${((100 * bad) / n).toFixed(1)} %`);

const rateCells = ({
  stable,
  candidate,
  marginPercentagePoints,
}: Pick<RateMetric, 'stable' | 'candidate' | 'marginPercentagePoints'>): string[] => [
  `${stable.bad} of ${stable.n} (${percent(stable.bad, stable.n)})`,
  `${candidate.bad} of ${candidate.n} (${percent(candidate.bad, candidate.n)})`,
  `${marginPercentagePoints} pp`,
];

const meanCells = ({ stable, candidate, marginUsd }: MeanMetric): string[] => [
  ...[stable, candidate].map(({ n, sumUsd }) => (n === 0 ? '-' : `$${(sumUsd / n).toFixed(4)} over ${n}`)),
  `$${marginUsd}`,
];

/** What a person reads: the sentence, then one row per guardrail. */
export const verdictText = ({ verdict, plan }: DecisionRecord): string => {
  const table = plainTable(['guardrail', 'stable', 'candidate', 'margin', 'worse', 'no worse', 'decides']);
  for (const name of guardrailNames) {
    const metric = verdict.metrics[name];
    const cells = 'marginUsd' in metric ? meanCells(metric) : rateCells(metric);
    table.push([name, ...cells, odds(metric.logEAbort), odds(metric.logEPromote), metric.decides ? 'yes' : 'no']);
  }
  const { calls } = verdict;
  for (const { seconds, ...horizon } of verdict.metrics.errorRate.horizons) {
    table.push([
      `  within ${spanOf(seconds)}`,
      ...rateCells(horizon),
      odds(horizon.logEAbort),
      '-',
      verdict.metrics.errorRate.decides ? 'yes' : 'no',
    ]);
  }
  const where = verdict.callIndex === null ? '' : `, call ${verdict.callIndex} in order of start`;
  const lines = [
    `${verdict.verdict.toUpperCase()}  ${verdict.reason}`,
    `at ${verdict.at}${where}; horizon ${spanOf(verdict.horizonSeconds)}; plan ${plan.name}, alpha ${plan.alpha}`,
    table.toString(),
    `${calls.used} calls used, ${calls.waiting} not used, ${calls.repeats} of callers who had called before`,
  ];
  if (verdict.missing.stableCalls + verdict.missing.candidateCalls > 0) {
    lines.push(
      `lost after hand-over: ${verdict.missing.candidateCalls} on the candidate, ${verdict.missing.stableCalls} on stable`,
    );
  }
  if (verdict.vetoes.length > 0) lines.push(`held: ${vetoText(verdict.vetoes)}`);
  if (verdict.assignment.suspect) lines.push('The split between the arms does not fit the weights: check the router.');
  if (verdict.exampleCallIds.length > 0) lines.push(`bad candidate calls: ${verdict.exampleCallIds.join(', ')}`);
  return `${lines.join('\n')}\n`;
};
