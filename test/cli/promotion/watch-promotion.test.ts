import { describe, expect, test } from 'vitest';
import type { Observation } from '#operations/canary/observe-promotion.ts';
import { progressLine, watchPromotion } from '#cli/promotion/watch-promotion.ts';
import { createAnalysis } from '#core/canary/analysis.ts';
import { planByName } from '#core/canary/plans.ts';
import { LastgoodError } from '#core/errors.ts';

const end = { outcome: 'aborted', reason: 'worse', by: 'lambda:analyze', endedAt: '2027-01-04T12:00:00.000Z' } as const;
const analyzing: Observation = { state: 'Analyze', weightPercent: 25 };

/** Looks are given one after the other; time passes by pausing only. */
const watching = (looks: readonly (Observation | Error)[], interruptAfter = Number.POSITIVE_INFINITY) => {
  const interrupt = new AbortController();
  const said: string[] = [];
  let nowMs = 0;
  let look = 0;
  const done = watchPromotion({
    observe: () => {
      const seen = looks[Math.min(look, looks.length - 1)];
      look += 1;
      if (look >= interruptAfter) interrupt.abort();
      return seen instanceof Error ? Promise.reject(seen) : Promise.resolve(seen ?? analyzing);
    },
    tell: (line) => said.push(line),
    clock: {
      now: () => nowMs,
      after: (delayMs, task) => {
        nowMs += delayMs;
        queueMicrotask(task);
        return () => {};
      },
    },
    signal: interrupt.signal,
  });
  return { done, said, looked: () => look, passedMs: () => nowMs };
};
const passing = new LastgoodError('aws-failed', 'DynamoDB is busy', { retryable: true });

describe('watching a promotion', () => {
  test('ends with its end', async () => {
    const watch = watching([analyzing, analyzing, { weightPercent: 0, end }]);
    expect(await watch.done).toEqual(end);
    expect(watch.said.at(-1)).toBe('aborted: worse');
    expect(watch.looked()).toBe(3);
  });

  test('stops when the user stops it, without an end', async () => {
    const watch = watching([analyzing], 3);
    expect(await watch.done).toBeUndefined();
    expect(watch.looked()).toBe(3);
  });

  test('goes on when AWS fails for a while', async () => {
    const watch = watching([analyzing, passing, passing, { weightPercent: 0, end }]);
    expect(await watch.done).toEqual(end);
    expect(watch.said.join('\n')).toContain('trying again');
  });

  test('gives up when AWS keeps failing, and at once when a failure will not pass', async () => {
    await expect(watching([passing]).done).rejects.toThrow('DynamoDB is busy');
    const refused = watching([new LastgoodError('aws-failed', 'access denied')]);
    await expect(refused.done).rejects.toThrow('access denied');
    expect(refused.looked()).toBe(1);
  });

  test('an execution that ended without an end of the promotion gets a grace, then is an error', async () => {
    const lost: Observation = { weightPercent: 0, lost: 'its execution failed: States.Runtime' };
    const late = watching([analyzing, lost, lost, { weightPercent: 0, end }]);
    expect(await late.done).toEqual(end);
    const never = watching([analyzing, lost]);
    await expect(never.done).rejects.toThrow(/no end: its execution failed: States.Runtime/);
    expect(never.passedMs()).toBeGreaterThanOrEqual(15_000);
  });
});

test('a line of progress says step, weight, calls per arm, evidence and verdict', () => {
  const analysis = createAnalysis(planByName('standard'));
  const nowMs = Date.parse('2027-01-04T12:00:00.000Z');
  for (let call = 0; call < 8; call += 1) {
    analysis.observe({
      startedAt: new Date(nowMs - 900_000 + call).toISOString(),
      callerId: `caller ${call}`,
      arm: call < 2 ? 'candidate' : 'stable',
      weightPercent: 25,
      endedAt: new Date(nowMs - 800_000 + call).toISOString(),
      outcome: call === 0 ? 'failed' : 'completed',
    });
  }
  const line = progressLine({ ...analyzing, verdict: analysis.verdict(nowMs) });
  expect(line).toMatch(
    /^Analyze · 25 % · candidate 1 of 2 failed, stable 0 of 6 · E [\d:]+ worse, [\d:]+ no worse, 20:1 decides · hold$/,
  );
});
