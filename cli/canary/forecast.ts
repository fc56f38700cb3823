import { Command, InvalidArgumentError } from 'commander';
import { type Forecast, duration, forecast, refusal } from '#core/canary/forecast.ts';
import type { CanaryPlan } from '#core/canary/plan.ts';
import { spanOf } from '#core/canary/reason.ts';
import { numberAbove0 } from '../options/number.ts';
import { loadPlan } from '../promotion/load-plan.ts';
import { plainTable } from '../terminal/table.ts';

interface ForecastOptions {
  readonly plan: string;
  readonly callsPerMinute: number;
  readonly baselinePercent?: number;
  readonly p99CallMinutes?: number;
  readonly json: boolean;
}

const percentage = (text: string): number => {
  const value = numberAbove0(text);
  if (value < 100) return value;
  throw new InvalidArgumentError('It must be below 100.');
};

/** `lastgood canary forecast`: can this canary conclude at this traffic, and how long will it take? Exit code 1: it cannot. */
export const canaryForecastCommand = (): Command =>
  new Command('forecast')
    .description('say how long a canary will take at your traffic, and whether it can conclude at all')
    .requiredOption('--plan <plan>', 'a shipped plan (standard, cautious, blue-green, tour) or a YAML file')
    .requiredOption('--calls-per-minute <n>', 'calls of new callers, stable and candidate together', numberAbove0)
    .option('--baseline-percent <n>', "stable's error rate (default: the plan's)", percentage)
    .option(
      '--p99-call-minutes <n>',
      'one call in a hundred is longer (default: not checked against the window)',
      numberAbove0,
    )
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExample:\n  lastgood canary forecast --plan standard --calls-per-minute 7')
    .action(async (options: ForecastOptions) => {
      const plan = await loadPlan(options.plan);
      const { callsPerMinute, baselinePercent, p99CallMinutes } = options;
      const traffic = {
        callsPerMinute,
        ...(baselinePercent !== undefined && { baseline: { errorRate: baselinePercent / 100 } }),
        ...(p99CallMinutes !== undefined && { p99CallMinutes }),
      };
      const expected = forecast(plan, traffic);
      if (!expected.canConclude) process.exitCode = 1;
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ plan: plan.name, callsPerMinute, ...expected })}\n`
          : forecastText(plan, callsPerMinute, expected),
      );
    });

const minutesText = (minutes: number | null): string => (minutes === null ? 'never' : duration(minutes));
const percentText = (probability: number): string => `${Math.round(100 * probability)} %`;

/** What a person reads: the table, then the refusal if there is one. */
export const forecastText = (plan: CanaryPlan, callsPerMinute: number, expected: Forecast): string => {
  const table = plainTable(['if the candidate', 'then', 'in', 'half of the time within', 'by the horizon of']);
  table.push([
    'is as good as stable',
    'promote',
    percentText(expected.probability),
    minutesText(expected.medianMinutes),
    spanOf(plan.outcomeWindowMinutes * 60),
  ]);
  for (const { candidatePercent, withinSeconds, probability, medianMinutes, horizonSeconds } of expected.toAbort) {
    table.push([
      `fails ${candidatePercent} % of its calls within ${spanOf(withinSeconds)}`,
      'abort',
      percentText(probability),
      minutesText(medianMinutes),
      horizonSeconds === null ? '-' : spanOf(horizonSeconds),
    ]);
  }
  const { first, last } = expected.candidateCallsPerHour;
  const calls = (perHour: number): string => Number(perHour.toPrecision(2)).toLocaleString('en-US');
  return [
    `plan ${plan.name} at ${callsPerMinute} calls a minute: ${calls(first)} candidate calls an hour at first, ${calls(last)} at last`,
    table.toString(),
    ...(expected.canConclude ? [] : [`REFUSED: ${refusal(plan, { callsPerMinute }, expected)}`]),
    '',
  ].join('\n');
};
