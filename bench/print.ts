import { plainTable } from '#cli/terminal/table.ts';
import type { BenchReport } from './harness.ts';

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 3 });

/** The report as a table for people. */
export const tableOf = (report: BenchReport): string => {
  const table = plainTable(['metric', 'value', 'unit', 'target', 'holds'], {
    colAligns: ['left', 'right', 'left', 'right', 'left'],
  });
  for (const row of report.rows) {
    const target = row.target === null ? 'reported' : `${row.comparison} ${number(row.target)}`;
    table.push([row.metric, number(row.value), row.unit, target, row.target === null ? '' : row.holds ? 'yes' : 'NO']);
  }
  const { cores, cpu, memoryGb, node } = report.machine;
  return `${report.bench} in ${number(report.seconds)} s on ${cores} cores, ${cpu}, ${memoryGb} GB, Node ${node}\n${table.toString()}`;
};
