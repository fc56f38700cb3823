import { describe, expect, test } from 'vitest';
import { LogLine } from '#core/session/log-line.ts';
import { PromotionId } from '#core/words/ids.ts';
import { ArmMetrics } from '#runtime/arm-metrics.ts';
import { createLog } from '#runtime/log.ts';
import { SlidingSum } from '#runtime/sliding-sum.ts';
import { FakeMetrics, memoryLog } from './support/fakes.ts';
import { service } from './support/heads.ts';
import { ManualClock } from '#memory/manual-clock.ts';

const one = PromotionId.parse('1'.repeat(32));
const two = PromotionId.parse('2'.repeat(32));

describe('a sliding sum', () => {
  test('on a boundary holds exactly the last window', () => {
    const sum = new SlidingSum(60_000, 10_000, 0);
    for (let second = 0; second < 180; second++) sum.add(second * 1_000);
    expect(sum.total(180_000)).toBe(60);
    expect(sum.total(210_000)).toBe(30);
    expect(sum.total(240_000)).toBe(0);
    expect(sum.total(10_000_000)).toBe(0);
  });
});

describe('figures per arm', () => {
  test('are published on each ten-second boundary, zeros included', async () => {
    const clock = new ManualClock();
    const sink = new FakeMetrics();
    const { log } = memoryLog(clock.now);
    const metrics = new ArmMetrics({
      clock,
      sink,
      log,
      services: [service],
      names: ['CallsEnded', 'CallsFailed'],
      livePromotions: () => Promise.resolve([one]),
    });
    metrics.start();
    metrics.count('CallsEnded', { service, arm: 'candidate', promotionId: one });
    await clock.advance(10_000);
    expect(sink.published).toHaveLength(1);
    expect(sink.published[0]?.at.getTime()).toBe(clock.now());
    expect(sink.published[0]?.points).toHaveLength(6);
    expect([
      sink.last('CallsEnded', 'candidate'),
      sink.last('CallsEnded', 'stable'),
      sink.last('CallsFailed', 'candidate'),
    ]).toEqual([1, 0, 0]);
    await clock.advance(60_000);
    expect(sink.published).toHaveLength(7);
    expect(sink.last('CallsEnded', 'candidate')).toBe(0);
    metrics.stop();
    await clock.advance(60_000);
    expect(sink.published).toHaveLength(7);
  });

  test('of an aborted candidate do not speak against its successor', async () => {
    const clock = new ManualClock();
    const sink = new FakeMetrics();
    let live: readonly PromotionId[] | undefined = [one];
    const metrics = new ArmMetrics({
      clock,
      sink,
      log: memoryLog(clock.now).log,
      services: [service],
      names: ['CallsFailed'],
      livePromotions: () => (live ? Promise.resolve(live) : Promise.reject(new Error('no head'))),
    });
    const fail = (promotionId: PromotionId) => metrics.count('CallsFailed', { service, arm: 'candidate', promotionId });
    fail(one);
    await metrics.publish();
    expect(sink.last('CallsFailed', 'candidate')).toBe(1);
    live = [two];
    fail(one);
    await metrics.publish();
    expect(sink.last('CallsFailed', 'candidate')).toBe(0);
    live = undefined;
    fail(two);
    await metrics.publish();
    expect(sink.last('CallsFailed', 'candidate')).toBe(1);
  });
});

describe('a log line', () => {
  test('has every field of X2, with null where no call is', () => {
    const lines: string[] = [];
    const log = createLog({ component: 'edge', org: 'acme', now: () => 0, write: (line) => lines.push(line) });
    log.info('started', { port: 1 });
    log
      .with({ traceId: 'a'.repeat(32), customerId: 'c', sessionId: 's', agentVersion: 'r', overlayVersion: 2 })
      .error('broke', {
        error: new Error('why'),
        latencyMs: 3,
        redactable: { text: 'hello' },
      });
    const parsed = lines.map((line) => LogLine.parse(JSON.parse(line)));
    expect(parsed[0]).toMatchObject({ port: 1, trace_id: null, latency_ms: null });
    expect(parsed[1]).toMatchObject({
      level: 'error',
      session_id: 's',
      overlay_version: 2,
      latency_ms: 3,
      error: 'Error: why',
    });
    expect(lines.every((line) => line.endsWith('\n') && line.indexOf('\n') === line.length - 1)).toBe(true);
  });
});
