import { Command } from 'commander';
import { canaryAnalyzeCommand } from './canary/analyze.ts';
import { canaryForecastCommand } from './canary/forecast.ts';
import { canaryReportCommand } from './canary/report.ts';

/** `lastgood canary …` */
export const canaryCommand = (): Command =>
  new Command('canary')
    .description('decide, foresee and explain canaries')
    .addHelpText(
      'after',
      '\nExamples:\n  lastgood canary forecast --plan standard --calls-per-minute 7\n' +
        '  lastgood canary report 3f9c21ab --html report.html',
    )
    .addCommand(canaryAnalyzeCommand())
    .addCommand(canaryForecastCommand())
    .addCommand(canaryReportCommand());
