import type { DecisionRecord } from '../decision.ts';
import { saidAfterPromotion, sideNames } from '../holdback-plan.ts';
import { type GuardrailName, type RateGuardrail, guardrailNames, rateGuardrails } from '../guardrail.ts';
import { odds, spanOf, vetoText } from '../reason.ts';
import { type PlotFrame, frame } from './chart.ts';
import { evidenceChart } from './evidence-chart.ts';
import { exposureChart } from './exposure-chart.ts';
import { escapeHtml, momentText, numberText, percentText, usdText } from './html.ts';
import { ratesChart } from './rates-chart.ts';
import { style } from './style.ts';

/** One part of the release in which candidate and stable differ, or not. */
export interface ReportedPart {
  /** code, model, prompts, tools or data. */
  readonly part: string;
  readonly changed: boolean;
  /** One line: "2 files changed". */
  readonly summary: string;
  /** Unified-diff lines: "+added", "-removed", " same". */
  readonly lines?: readonly string[];
}

/** What the page shows. Only the decision is required. */
export interface CanaryReport {
  readonly decision: DecisionRecord;
  /** @default "Canary report" */
  readonly title?: string;
  /** Facts under the verdict: service, releases, links as text. */
  readonly facts?: readonly { readonly label: string; readonly value: string }[];
  readonly diff?: readonly ReportedPart[];
}

export const guardrailTitles: Readonly<Record<GuardrailName, string>> = {
  errorRate: 'Error rate',
  taskSuccess: 'Task not done',
  interventionRate: 'Handed over to a person',
  slowTurnRate: 'Slow calls',
  overBudgetRate: 'Over budget',
  meanCost: 'Mean cost',
};

/** One self-contained HTML page about a decision: inline SVG, no script, nothing from the network, light and dark. */
export const renderReport = (report: CanaryReport): string => {
  const title = report.title ?? 'Canary report';
  const sections = [
    ratesSection(report.decision),
    evidenceSection(report.decision),
    exposureSection(report.decision),
    guardrailSection(report.decision),
    diffSection(report.diff ?? []),
    recordSection(report.decision),
  ];
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style>${style}</style></head><body><main>`,
    headline(report, title),
    ...sections,
    '</main></body></html>\n',
  ].join('\n');
};

const headline = ({ decision, facts = [] }: CanaryReport, title: string): string => {
  const { verdict, plan, comparison } = decision;
  const reason = comparison === undefined ? verdict.reason : saidAfterPromotion(verdict.reason);
  const rows = facts.map(({ label, value }) => `<dt>${escapeHtml(label)}</dt><dd>${escapeHtml(value)}</dd>`).join('');
  return `<h1>${escapeHtml(title)}</h1>
<span class="badge ${verdict.verdict}">${verdict.verdict}</span>
<p class="reason">${escapeHtml(reason.charAt(0).toUpperCase() + reason.slice(1))}.</p>
<p class="soft">${momentText(Date.parse(verdict.at))} · plan ${escapeHtml(plan.name)}, risk of a false abort at most ${percentText(plan.alpha)}</p>
${rows === '' ? '' : `<dl>${rows}</dl>`}`;
};

const section = (heading: string, lead: string, content: string): string =>
  content === ''
    ? ''
    : `<section><h2>${escapeHtml(heading)}</h2><p class="soft">${escapeHtml(lead)}</p>${content}</section>`;

const ratesSection = ({ verdict, plan, comparison }: DecisionRecord): string => {
  const names = sideNames(comparison);
  const shown = rateGuardrails.filter((name) => name === 'errorRate' || plan.guardrails[name].enabled);
  const chart = (name: RateGuardrail, box?: PlotFrame): string => {
    const { marginPercentagePoints } = plan.guardrails[name];
    const series = { name, marginPercentagePoints, alpha: plan.alpha };
    const drawn = ratesChart(verdict.timeline, series, box);
    return drawn === '' ? '' : `<figure><h3>${guardrailTitles[name]}</h3>${drawn}</figure>`;
  };
  const others = shown.filter((name) => name !== 'errorRate').map((name) => chart(name, frame(420, 190, 64)));
  const charts = `${chart('errorRate')}<div class="pairs">${others.join('')}</div>`;
  const key = `<div class="key"><span class="candidate">${names.candidate}</span><span class="stable">${names.stable}</span><span class="dashed">${names.stable} plus margin</span></div>`;
  return section(
    'Rates over time',
    `Share of bad calls in each arm. The shaded bands hold the true rate at all times at once with ${percentText(1 - plan.alpha)} probability.`,
    verdict.timeline.length === 0 ? '' : key + charts,
  );
};

const evidenceSection = ({ verdict }: DecisionRecord): string => {
  const chart = evidenceChart(verdict.timeline, verdict.logThreshold, verdict.horizonTimelines);
  const spans = verdict.horizonTimelines.map(({ seconds }) => spanOf(seconds));
  const soon =
    spans.length === 0 ? '' : `<span class="soon">for worse within ${escapeHtml(spans.join(' and '))}</span>`;
  const key = `<div class="key"><span class="abort">for worse by more than the margin</span>${soon}<span class="promote">for no worse (the guardrail furthest behind)</span></div>`;
  return section(
    'Evidence',
    'Odds that the calls so far give, on a logarithmic axis, each horizon weighted. The first line to reach the threshold decides.',
    chart === '' ? '' : key + chart,
  );
};

const exposureSection = ({ verdict, comparison }: DecisionRecord): string => {
  const names = sideNames(comparison);
  const fromMs = Date.parse(verdict.exposure[0]?.firstAt ?? verdict.at);
  const toMs = Math.max(fromMs + 1_000, Date.parse(verdict.exposure.at(-1)?.lastAt ?? verdict.at));
  return section(
    'Exposure',
    `Share of new callers that met ${comparison === undefined ? 'the candidate' : names.candidate}.`,
    exposureChart({ exposure: verdict.exposure, fromMs, toMs, who: names.candidate }),
  );
};

const guardrailSection = ({ verdict, plan, comparison }: DecisionRecord): string => {
  const names = sideNames(comparison);
  const rows = guardrailNames.map((name) => {
    const metric = verdict.metrics[name];
    const cells =
      'marginUsd' in metric
        ? [
            ...[metric.stable, metric.candidate].map(({ n, sumUsd }) =>
              n === 0 ? '–' : `${usdText(sumUsd / n)} over ${numberText(n)}`,
            ),
            usdText(metric.marginUsd),
          ]
        : [
            ...[metric.stable, metric.candidate].map(({ n, bad }) =>
              n === 0 ? '–' : `${percentText(bad / n)} (${numberText(bad)} of ${numberText(n)})`,
            ),
            `${numberText(metric.marginPercentagePoints)} points`,
          ];
    const all = [guardrailTitles[name], ...cells, odds(metric.logEAbort), odds(metric.logEPromote)];
    const row = rowOf(all, metric.decides);
    return name === 'errorRate' ? [row, ...horizonRows(verdict)].join('') : row;
  });
  const head = ['', names.stable, names.candidate, 'margin', 'worse', 'no worse']
    .map((cell) => `<th>${cell}</th>`)
    .join('');
  const watched = guardrailNames.some((name) => !plan.guardrails[name].enabled)
    ? ' Grey ones are watched and do not decide.'
    : '';
  return section(
    'Guardrails',
    `Numbers of the deciding moment. An abort weighs the odds for worse of all together; a promotion needs every single no worse.${watched}`,
    `<div class="scroll"><table><tr>${head}</tr>${rows.join('')}</table></div>`,
  );
};

const rowOf = (cells: readonly string[], decides: boolean): string =>
  `<tr${decides ? '' : ' class="watched"'}>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;

/** The error rate as the short horizons saw it. */
const horizonRows = ({ metrics }: DecisionRecord['verdict']): string[] =>
  metrics.errorRate.horizons.map(({ seconds, stable, candidate, marginPercentagePoints, logEAbort }) => {
    const arms = [stable, candidate].map(({ n, bad }) =>
      n === 0 ? '–' : `${percentText(bad / n)} (${numberText(bad)} of ${numberText(n)})`,
    );
    const margin = `${numberText(marginPercentagePoints)} points`;
    const cells = [`… within ${spanOf(seconds)}`, ...arms, margin, odds(logEAbort), '–'];
    return rowOf(cells, metrics.errorRate.decides);
  });

const diffLine = (line: string): string => {
  const kind = line.startsWith('+') ? ' class="add"' : line.startsWith('-') ? ' class="remove"' : '';
  return `<span${kind}>${escapeHtml(line)}</span>`;
};

const diffSection = (parts: readonly ReportedPart[]): string =>
  section(
    'What changed',
    'The five parts of the candidate against stable.',
    parts
      .map(
        ({ part, changed, summary, lines = [] }) =>
          `<h3>${escapeHtml(part)}</h3><p class="${changed ? '' : 'soft'}">${escapeHtml(summary)}</p>${lines.length === 0 ? '' : `<pre>${lines.map(diffLine).join('\n')}</pre>`}`,
      )
      .join(''),
  );

const recordSection = ({ verdict, plan, outcomesDigest }: DecisionRecord): string => {
  const { calls, assignment, missing, refused } = verdict;
  const facts = [
    [
      'Calls',
      `${numberText(calls.used)} used in order of start, ${numberText(calls.waiting)} not yet settled, ${numberText(calls.repeats)} repeats of a caller`,
    ],
    [
      'Split of callers',
      assignment.suspect ? `does not fit the weights, evidence ${odds(assignment.logE)}` : 'fits the weights',
    ],
    [
      'Calls lost after hand-over',
      `${numberText(missing.candidateCalls)} on the candidate, ${numberText(missing.stableCalls)} on stable`,
    ],
    [
      'Calls refused before it',
      `${numberText(refused.candidateCalls)} on the candidate, ${numberText(refused.stableCalls)} on stable`,
    ],
    ['Horizon', `${spanOf(verdict.horizonSeconds)} after a call’s start`],
    ['Held by', verdict.vetoes.length === 0 ? 'nothing' : vetoText(verdict.vetoes)],
    [
      'Deciding call',
      verdict.callIndex === null ? 'none' : `number ${numberText(verdict.callIndex)} in order of start, counted from 0`,
    ],
    ['Bad candidate calls', verdict.exampleCallIds.length === 0 ? 'none' : verdict.exampleCallIds.join(', ')],
    ['Digest of the calls', outcomesDigest],
  ] as const;
  const rows = facts.map(([label, value]) => `<dt>${label}</dt><dd>${escapeHtml(value)}</dd>`).join('');
  return section(
    'The record',
    'Anyone can compute the verdict again from these calls with lastgood canary analyze.',
    `<dl>${rows}</dl><details><summary>The plan</summary><pre>${escapeHtml(JSON.stringify(plan, null, 2))}</pre></details>`,
  );
};
