import cliProgress from 'cli-progress';
import Table from 'cli-table3';
import type { BenchContext, BenchReport } from './harness.ts';

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 3 });

/** The report as a table for people. */
export const tableOf = (report: BenchReport): string => {
  const table = new Table({
    head: ['metric', 'value', 'unit', 'target', 'holds'],
    colAligns: ['left', 'right', 'left', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const row of report.rows) {
    const target = row.target === null ? 'reported' : `${row.comparison} ${number(row.target)}`;
    table.push([row.metric, number(row.value), row.unit, target, row.target === null ? '' : row.holds ? 'yes' : 'NO']);
  }
  const { cores, cpu, memoryGb, node } = report.machine;
  return `${report.bench} in ${number(report.seconds)} s on ${cores} cores, ${cpu}, ${memoryGb} GB, Node ${node}\n${table.toString()}`;
};

/** How progress is shown, and how it ends before the result is printed. */
export interface ProgressDisplay {
  readonly progress: BenchContext['progress'];
  stop(): void;
}

const barDisplay = (name: string, stream: NodeJS.WriteStream): ProgressDisplay => {
  const bar = new cliProgress.SingleBar(
    { format: `${name} {bar} {percentage}% {label}`, hideCursor: true, stream, clearOnComplete: true },
    cliProgress.Presets.shades_classic,
  );
  let started = false;
  return {
    progress: (done, total, label = '') => {
      if (!started) bar.start(total, done, { label });
      else {
        bar.setTotal(total);
        bar.update(done, { label });
      }
      started = true;
    },
    stop: () => {
      if (started) bar.stop();
    },
  };
};

/** Plain lines, at most one per tenth of the way and label, so that a log stays readable. */
const lineDisplay = (name: string, stream: NodeJS.WritableStream): ProgressDisplay => {
  let last = '';
  return {
    progress: (done, total, label = '') => {
      const tenth = total > 0 ? Math.floor((done / total) * 10) * 10 : 0;
      const line = `${name} ${tenth}%${label === '' ? '' : ` ${label}`}`;
      if (line !== last) stream.write(`${line}\n`);
      last = line;
    },
    stop: () => {},
  };
};

/** A bar where `stream` is a terminal, plain lines elsewhere. Progress never goes to stdout: that is the result's. */
export const progressDisplay = (name: string, stream: NodeJS.WriteStream): ProgressDisplay =>
  stream.isTTY ? barDisplay(name, stream) : lineDisplay(name, stream);
