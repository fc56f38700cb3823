import { expect, test } from 'vitest';
import type { CallResult } from '#callers/line.ts';
import { percentilesOf, reportOf, reportText } from '#callers/report.ts';

const call = (overrides: Partial<CallResult> = {}): CallResult => ({
  callerId: 'c',
  scenario: 'books',
  sessionId: 's-1',
  placedAt: '2026-01-01T00:00:00.000Z',
  outcome: 'completed',
  dropped: false,
  end: 'the agent ended the call',
  asExpected: true,
  startMs: 120,
  durationMs: 5_000,
  turnLatencyMs: [400, 600],
  interruptionMs: [],
  utterancesSaid: 2,
  agentUtterancesHeard: 3,
  problems: [],
  ...overrides,
});

test('percentiles are nearest ranks, within a tenth of a percent', () => {
  const values = Array.from({ length: 1000 }, (_, index) => index + 1);
  const { p50, p95, p99, max } = percentilesOf(values)!;
  for (const [measured, exact] of [
    [p50, 500],
    [p95, 950],
    [p99, 990],
    [max, 1000],
  ] as const)
    expect(Math.abs(measured - exact) / exact).toBeLessThan(0.002);
});

test('nothing measured is no number, not zero', () => {
  expect(percentilesOf([])).toBeUndefined();
  expect(reportOf([call({ startMs: undefined })], 1, 0).startMs).toBeUndefined();
});

test('the report counts outcomes, drops and what was not expected, and names those calls', () => {
  const calls = [
    call(),
    call({
      outcome: 'dropped',
      dropped: true,
      sessionId: 's-2',
      end: 'the connection broke (close code 1006)',
      asExpected: false,
    }),
    call({ outcome: 'refused', sessionId: undefined, end: '503', asExpected: undefined, startMs: undefined }),
  ];
  const report = reportOf(calls, 10, 80);
  expect(report).toMatchObject({
    placed: 3,
    dropped: 1,
    unexpected: 1,
    outcomes: { completed: 1, dropped: 1, refused: 1 },
  });
  expect(report.turnLatencyMs?.count).toBe(6);
  const text = reportText(report);
  expect(text).toContain('3 calls in 10.0 s: 1 completed, 1 dropped, 1 refused');
  expect(text).toContain('s-2 books: dropped, the connection broke (close code 1006)');
  expect(text).toContain('this machine did not keep real time');
  expect(text).not.toContain('s-1 ');
});
