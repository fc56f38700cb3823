import { cpus, totalmem } from 'node:os';
import { LastgoodError, isLastgoodError } from '#core/errors.ts';

export type Comparison = '<=' | '>=';

/** One measured number beside what it must reach. */
export interface Row {
  readonly metric: string;
  /** `ms`, `s`, `calls`, `%`, `1/s`, `MB`. */
  readonly unit: string;
  readonly value: number;
  /** `null`: reported only, so the row always holds. */
  readonly target: number | null;
  readonly comparison: Comparison;
  readonly holds: boolean;
}

export interface BenchContext {
  /** Shown as a bar on a terminal, as plain lines elsewhere. `done` and `total` are in any one unit. */
  progress(done: number, total: number, label?: string): void;
  /** Aborted by Ctrl-C: a bench stops its work, takes down what it brought up and rejects. */
  readonly signal: AbortSignal;
  /** Receives what the processes under test log. @default - their log goes with them */
  readonly logFile?: string;
  /** Of benches that play with chance: where it begins. @default - each bench's own */
  readonly seed?: number;
  /** Of benches with many parts: those whose name contains this. @default - all */
  readonly only?: string;
}

export interface Bench {
  readonly name: string;
  run(context: BenchContext): Promise<readonly Row[]>;
}

/** The last line of `--json`. */
export interface BenchReport {
  readonly bench: string;
  readonly machine: Machine;
  readonly seconds: number;
  readonly rows: readonly Row[];
}

/** What a reader needs to compare two reports; nothing that names one particular machine. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGb: number;
  readonly node: string;
}

const round = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(6)));

/** A row that must reach a target. A value that could not be measured (NaN, infinite) never holds. */
export const targetRow = (
  metric: string,
  unit: string,
  value: number,
  comparison: Comparison,
  target: number,
): Row => ({
  metric,
  unit,
  value: round(value),
  target,
  comparison,
  holds: Number.isFinite(value) && (comparison === '<=' ? value <= target : value >= target),
});

/** A row for information only. */
export const reportedRow = (metric: string, unit: string, value: number): Row => ({
  metric,
  unit,
  value: round(value),
  target: null,
  comparison: '<=',
  holds: true,
});

export const thisMachine = (): Machine => ({
  cores: cpus().length,
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  memoryGb: Math.round(totalmem() / 1024 ** 3),
  node: process.version,
});

/**
 * Runs one bench and times it.
 * @throws LastgoodError `internal` when it returns no rows: a bench that measured nothing must not pass
 */
export const runBench = async (
  bench: Bench,
  context: BenchContext,
  now: () => number = () => performance.now(),
): Promise<BenchReport> => {
  const startedAt = now();
  const rows = await bench.run(context);
  if (rows.length === 0) throw new LastgoodError('internal', `bench ${bench.name} measured nothing: it has no rows`);
  return { bench: bench.name, machine: thisMachine(), seconds: round((now() - startedAt) / 1000), rows };
};

/** 0: every row holds. 1: a row does not. 2: the bench could not be run as asked. 130: stopped by Ctrl-C. */
export const exitCodeOf = (result: BenchReport | Error): 0 | 1 | 2 | 130 => {
  if (!(result instanceof Error)) return result.rows.every((row) => row.holds) ? 0 : 1;
  if (isLastgoodError(result, 'interrupted')) return 130;
  return 2;
};
