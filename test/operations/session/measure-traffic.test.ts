import { describe, expect, test } from 'vitest';
import { measureTraffic } from '#operations/session/measure-traffic.ts';
import { productionSet, service } from '../../core/version-set/build.ts';
import { aSession, FakeOrg } from '../fake-org.ts';

describe('the traffic of the last minutes', () => {
  const measure = (org: FakeOrg) =>
    measureTraffic({ calls: org.memory.sessions.calls, clock: org.clock })(service, productionSet);
  /** A call a second, each of `seconds(index)`. */
  const orgWith = (calls: number, seconds: (index: number) => number): FakeOrg => {
    const org = new FakeOrg();
    for (let index = 0; index < calls; index += 1) {
      const { result, ...record } = aSession({ index });
      const endedAt = new Date(Date.parse(record.assignment.startedAt) + seconds(index) * 1_000).toISOString();
      const place = { ...record, result: { ...result!, endedAt, recordedAt: endedAt } };
      org.memory.sessions.records.place(record.assignment.sessionId, place);
    }
    org.nowMs += calls * 1_000;
    return org;
  };

  test('is not known from few calls, nor from its beginning', async () => {
    expect(await measure(orgWith(99, () => 10))).toEqual({});
    expect(await measure(orgWith(200, () => 10))).toEqual({ p99CallMinutes: 10 / 60 });
  });

  test('is the calls a minute, and the length that one call in a hundred exceeds', async () => {
    const { callsPerMinute, p99CallMinutes } = await measure(orgWith(600, (index) => (index % 50 === 0 ? 120 : 6)));
    expect(callsPerMinute).toBeCloseTo(60, 0);
    expect(p99CallMinutes).toBe(2);
  });

  test('takes a few long calls for chance', async () => {
    expect((await measure(orgWith(600, (index) => (index % 75 === 0 ? 120 : 6)))).p99CallMinutes).toBe(0.1);
  });

  test('is measured right, however much of it there is', async () => {
    const org = new FakeOrg();
    const { result: _, ...record } = aSession({ index: 0 });
    for (let index = 0; index < 25_000; index += 1) {
      const startedAt = new Date(org.nowMs + index * 20).toISOString();
      const sessionId = `${record.assignment.sessionId}-${index}` as typeof record.assignment.sessionId;
      const assignment = { ...record.assignment, sessionId, startedAt };
      org.memory.sessions.records.place(sessionId, { ...record, assignment });
    }
    org.nowMs += 500_000;
    expect((await measure(org)).callsPerMinute).toBeCloseTo(3_000, -1);
  });
});
