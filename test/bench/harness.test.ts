import { describe, expect, test } from 'vitest';
import { benchNamed, benches } from '#bench/benches.ts';
import { type Bench, exitCodeOf, reportedRow, runBench, targetRow } from '#bench/harness.ts';
import { alarmRounds, alarmServices } from '#bench/live/alarm-runs.ts';
import { tableOf } from '#bench/print.ts';
import { LastgoodError } from '#core/errors.ts';

const signal = new AbortController().signal;
const benchWith = (rows: Awaited<ReturnType<Bench['run']>>): Bench => ({
  name: 'example',
  run: () => Promise.resolve(rows),
});

describe('rows', () => {
  test.each([
    [499, '<=', 500, true],
    [500, '<=', 500, true],
    [500.1, '<=', 500, false],
    [97, '>=', 97, true],
    [96.9, '>=', 97, false],
    [Number.NaN, '<=', 500, false],
    [Number.NEGATIVE_INFINITY, '<=', 500, false],
  ] as const)('%s %s %s holds: %s', (value, comparison, target, holds) => {
    expect(targetRow('x', 'ms', value, comparison, target).holds).toBe(holds);
  });

  test('a reported row has no target and holds', () => {
    expect(reportedRow('x', 'ms', 12)).toMatchObject({ value: 12, target: null, holds: true });
  });
});

describe('running a bench', () => {
  const clock = () => {
    let now = 0;
    return () => (now += 1500) - 1500;
  };

  test('reports seconds, machine and rows, and exits with 0 when every row holds', async () => {
    const report = await runBench(
      benchWith([targetRow('x', 'ms', 1, '<=', 2)]),
      { progress: () => {}, signal },
      clock(),
    );
    expect(report).toMatchObject({ bench: 'example', seconds: 1.5 });
    expect(report.machine.cores).toBeGreaterThan(0);
    expect(exitCodeOf(report)).toBe(0);
    expect(tableOf(report)).toContain('<= 2');
  });

  test('exits with 1 when one row does not hold', async () => {
    const rows = [reportedRow('y', 'ms', 9), targetRow('x', 'ms', 3, '<=', 2)];
    const report = await runBench(benchWith(rows), { progress: () => {}, signal });
    expect(exitCodeOf(report)).toBe(1);
    expect(tableOf(report)).toContain('NO');
  });

  test('a bench without rows fails: it measured nothing', async () => {
    await expect(runBench(benchWith([]), { progress: () => {}, signal })).rejects.toThrow(/measured nothing/);
  });

  test.each([
    [new LastgoodError('unknown-name', 'x'), 2],
    [new LastgoodError('interrupted', 'x'), 130],
    [new Error('x'), 2],
  ])('exits with the right code for %s', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});

describe('the list of benches', () => {
  test('an unknown name is refused with the names there are', () => {
    const entries = [{ name: 'flip', describe: 'x', load: () => Promise.resolve(benchWith([])) }];
    expect(() => benchNamed('flop', entries)).toThrow('there is no bench "flop"; the benches are flip');
  });

  test.each(benches.map((entry) => [entry.name, entry] as const))(
    '%s loads under its own name',
    async (name, entry) => {
      expect((await entry.load()).name).toBe(name);
    },
  );
});

test('a bench says in the list as many runs and services as it has', () => {
  const { describe: line } = benchNamed('roll-back-alarm-live');
  expect(line).toContain(`${alarmServices.length * alarmRounds} runs on ${alarmServices.length} services`);
});
