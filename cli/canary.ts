import { Command } from 'commander';
import { canaryAnalyze } from './canary/analyze.ts';
import { canaryForecast } from './canary/forecast.ts';
import { canaryReport } from './canary/report.ts';

/** `lastgood canary …` */
export const canaryCommand = (): Command =>
  new Command('canary')
    .description('decide, foresee and explain canaries')
    .addCommand(canaryAnalyze())
    .addCommand(canaryForecast())
    .addCommand(canaryReport());
