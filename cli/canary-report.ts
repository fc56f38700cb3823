import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { decisionRecord } from '#core/canary/decision.ts';
import { renderReport } from '#core/canary/report/render-report.ts';
import { analyzeFile, loadPlan, parseMoment } from './canary-input.ts';

interface ReportOptions {
  readonly input: string;
  readonly plan: string;
  readonly html: string;
  readonly now?: string;
  readonly title?: string;
}

/** `lastgood canary report --input`: one self-contained page about recorded calls. */
export const canaryReport = (): Command =>
  new Command('report')
    .description('Write one page with rates, evidence and exposure of recorded calls')
    .requiredOption('--input <file>', 'one JSON object per line and call; - reads standard input')
    .requiredOption('--plan <plan>', 'a shipped plan (standard, cautious, blue-green, tour) or a YAML file')
    .requiredOption('--html <file>', 'where to write the page')
    .option('--title <text>', 'heading of the page')
    .option('--now <time>', 'moment of the analysis, ISO 8601 (default: that of the newest record)')
    .addHelpText(
      'after',
      '\nExample:\n  lastgood canary report --input outcomes.ndjson --plan standard --html report.html',
    )
    .action(async (options: ReportOptions) => {
      const plan = await loadPlan(options.plan);
      const { analysis, lastMs } = await analyzeFile(options.input, plan);
      const verdict = analysis.verdict(options.now === undefined ? lastMs : parseMoment(options.now));
      const decision = decisionRecord(plan, analysis, verdict);
      const title = options.title === undefined ? {} : { title: options.title };
      await writeFile(options.html, renderReport({ decision, ...title }));
      process.stdout.write(`${verdict.verdict}: ${verdict.reason}\nwrote ${options.html}\n`);
    });
