import { LastgoodError } from '#core/errors.ts';
import { type CallOutcome, callKey, momentMs, parseOutcomes } from '#core/canary/outcome.ts';
import { type Analysis, createAnalysis } from '#core/canary/analysis.ts';
import type { CanaryPlan } from '#core/canary/plan.ts';
import { readInput } from '../terminal/read-input.ts';

export interface AnalyzedFile {
  readonly analysis: Analysis;
  readonly calls: readonly CallOutcome[];
  /** Records that only repeat another one. */
  readonly duplicates: number;
  /** The moment of the newest record: the data's own "now". */
  readonly lastMs: number;
}

/**
 * Reads calls from a file (`-`: standard input) and gives them to an analysis.
 * @throws LastgoodError `invalid-input` with line numbers, also for records that contradict each other
 */
export const analyzeFile = async (path: string, plan: CanaryPlan): Promise<AnalyzedFile> => {
  const { calls, lines } = parseOutcomes(await readInput(path, 'the outcomes'), path === '-' ? 'standard input' : path);
  const analysis = createAnalysis(plan);
  const firstLine = new Map<string, number>();
  const contradictions: string[] = [];
  let duplicates = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  calls.forEach((call, index) => {
    const line = lines[index] ?? 0;
    const key = callKey(call);
    const arrival = analysis.observe(call);
    if (arrival === 'contradiction')
      contradictions.push(`line ${line}: contradicts line ${firstLine.get(key) ?? 0} about the same call`);
    if (arrival === 'duplicate') duplicates += 1;
    if (!firstLine.has(key)) firstLine.set(key, line);
    lastMs = Math.max(lastMs, momentMs(call.endedAt ?? call.startedAt));
  });
  if (contradictions.length > 0) {
    throw new LastgoodError(
      'invalid-input',
      `${contradictions.length} records contradict each other; keep the right one of each and run again:\n  ${contradictions.slice(0, 20).join('\n  ')}`,
    );
  }
  if (calls.length === 0)
    throw new LastgoodError('invalid-input', `${path} holds no calls; give one JSON object per line, one per call`);
  return { analysis, calls, duplicates, lastMs };
};
