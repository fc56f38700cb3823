import { describe, expect, test } from 'vitest';
import { isMalformed, type ReadCall } from '#core/session/call-records.ts';
import { SessionRecord, type SessionResult } from '#core/session/session-record.ts';
import { digestOf } from '#core/words/digest.ts';
import { at, productionSet, promotion, release } from '../../core/version-set/build.ts';
import { allOf, answersOf, newService, type Opened, sixteen } from './ports-under-test.ts';

const sessionOf = (sessionId: string, second: number, over: Readonly<Record<string, unknown>> = {}): SessionRecord => {
  const { service = 'appointments', ...record } = over;
  return SessionRecord.parse({
    assignment: {
      sessionId,
      traceId: digestOf(sessionId).slice(0, 32),
      service,
      set: productionSet,
      customerId: 'clinic-1',
      callerHash: digestOf('caller'),
      channel: 'phone',
      arm: 'candidate',
      release: release('b'),
      promotionId: promotion('p'),
      weightPercent: 5,
      probe: false,
      startedAt: at(second),
    },
    hostId: 'host-1',
    overlayVersion: 0,
    configDigest: digestOf('configuration'),
    countsInTest: true,
    ...record,
  });
};

const resultOf = (outcome: SessionResult['outcome'], second: number): SessionResult => ({
  endedAt: at(second),
  outcome,
  costUsd: 0.04,
  turns: 3,
  slowTurns: 0,
  turnLatencyMs: [310, 290.5],
});

const aMoment = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

const idsOf = (records: readonly { readonly assignment: { readonly sessionId: string } }[]) =>
  records.map(({ assignment }) => String(assignment.sessionId));

export const sessionsContract = (opened: Opened): void => {
  describe('sessions', () => {
    test('are opened by one host, and the same host may say it again', async () => {
      const { sessions } = opened();
      const record = sessionOf('session-open', 1);
      expect(await sessions.open(record)).toBe(true);
      expect(await sessions.open(record)).toBe(true);
      expect(await sessions.open({ ...record, hostId: 'host-2' })).toBe(false);
      expect(await sessions.get('session-open')).toEqual({ ...record, openedAt: aMoment });
      const hosts = await sixteen((n) => sessions.open({ ...sessionOf('session-many', 1), hostId: `host-${n}` }));
      expect(answersOf(hosts).filter(Boolean)).toHaveLength(1);
    });

    test('keep their first result, whoever writes later: agent, host or sweeper', async () => {
      const { sessions } = opened();
      await sessions.open(sessionOf('session-close', 2));
      const racing = ['completed', 'failed', 'abandoned'] as const;
      await Promise.all(racing.map((outcome, n) => sessions.close('session-close', resultOf(outcome, 10 + n))));
      const first = (await sessions.get('session-close'))?.result;
      expect(racing).toContain(first?.outcome);
      await sessions.close('session-close', resultOf('escalated', 99));
      expect((await sessions.get('session-close'))?.result).toEqual(first);
    });

    test('that were never opened are not there, and neither closing one nor vouching for it invents a record', async () => {
      const { sessions } = opened();
      await sessions.close('session-none', resultOf('failed', 3));
      await sessions.vouch('session-none', new Date(at(4)));
      expect(await sessions.get('session-none')).toBeUndefined();
    });

    test('carry the moment of writing, whatever moment they bring with them', async () => {
      const { sessions } = opened();
      const long = '2001-01-01T00:00:00.000Z';
      const result = { ...resultOf('failed', 3), recordedAt: long, lost: 'before-hand-over' } as const;
      await sessions.open({ ...sessionOf('session-stamped-1', 2), openedAt: long });
      await sessions.close('session-stamped-1', result);
      await sessions.open({ ...sessionOf('session-stamped-2', 2, { result }), openedAt: long });
      for (const id of ['session-stamped-1', 'session-stamped-2']) {
        const record = await sessions.get(id);
        expect(record).toMatchObject({ openedAt: aMoment, result: { ...result, recordedAt: aMoment } });
        expect([record?.openedAt, record?.result?.recordedAt]).not.toContain(long);
      }
    });

    test('are vouched for by their host while they are open, and no longer', async () => {
      const { sessions } = opened();
      await sessions.open(sessionOf('session-long', 2));
      await sessions.vouch('session-long', new Date(at(602)));
      expect(await sessions.get('session-long')).toMatchObject({ aliveUntil: at(602) });
      await sessions.close('session-long', resultOf('completed', 700));
      await sessions.vouch('session-long', new Date(at(702)));
      expect(await sessions.get('session-long')).toMatchObject({
        aliveUntil: at(602),
        result: { outcome: 'completed' },
      });
    });

    test('keep no result that nobody could read again', async () => {
      const { sessions } = opened();
      await sessions.open(sessionOf('session-wrong', 2));
      const wrong = { ...resultOf('failed', 3), errorDetail: 'x'.repeat(501) };
      await expect(sessions.close('session-wrong', wrong)).rejects.toMatchObject({ code: 'invalid-input' });
      expect((await sessions.get('session-wrong'))?.result).toBeUndefined();
    });

    test('are listed by start, whatever the order of writing', async () => {
      const { sessions } = opened();
      const service = newService();
      const open = (second: number) => sessions.open(sessionOf(`${service}-at-${second}`, second, { service }));
      await Promise.all([305, 301, 304, 300, 303].map(open));
      await sessions.close(`${service}-at-303`, resultOf('completed', 310));
      const list = (from: number, to?: number) =>
        allOf(
          sessions.listByService(service, productionSet, {
            from: new Date(at(from)),
            ...(to !== undefined && { to: new Date(at(to)) }),
          }),
        );
      const found = await list(301, 305);
      expect(found.map(({ assignment }) => assignment.startedAt)).toEqual([301, 303, 304].map(at));
      expect(found.map(({ result }) => result?.outcome)).toEqual([undefined, 'completed', undefined]);
      expect(await list(304)).toHaveLength(2);
      expect(await list(306)).toEqual([]);
    });

    test('are read as calls, by their start and by the moment of their latest write', async () => {
      const { sessions, calls } = opened();
      const service = newService();
      const id = (n: number) => `${service}-call-${n}`;
      for (const n of [3, 1, 2, 4]) await sessions.open(sessionOf(id(n), n, { service }));
      const writtenMs = Date.parse((await sessions.get(id(1)))?.openedAt ?? '');
      await sessions.close(id(2), { ...resultOf('failed', 5), errorClass: 'tool', errorDetail: 'what it was' });
      await sessions.vouch(id(3), new Date(at(603)));
      const found = async (reading: AsyncIterable<ReadCall>) =>
        (await allOf(reading)).flatMap((call) => (isMalformed(call) ? [] : [call]));
      const started = (second: number) => found(calls.started(service, productionSet, new Date(at(second))));
      const changed = async (afterMs: number) =>
        idsOf(await found(calls.changed(service, productionSet, new Date(writtenMs + afterMs)))).toSorted();
      const everyone = [id(1), id(2), id(3), id(4)];
      expect(idsOf(await started(1))).toEqual(everyone);
      expect(idsOf(await started(3))).toEqual([id(3), id(4)]);
      expect(await changed(-60_000)).toEqual(everyone);
      expect(await changed(3_600_000)).toEqual([]);
      const [, ended, alive, open] = await started(0);
      expect(ended).toMatchObject({
        assignment: { arm: 'candidate', callerHash: digestOf('caller'), promotionId: promotion('p'), probe: false },
        countsInTest: true,
        openedAt: aMoment,
        result: { outcome: 'failed', errorClass: 'tool', recordedAt: aMoment, costUsd: 0.04, turns: 3, slowTurns: 0 },
      });
      expect(alive).toMatchObject({ aliveUntil: at(603) });
      expect([alive?.result, open?.result, open?.aliveUntil]).toEqual([undefined, undefined, undefined]);
      await sessions.close(id(3), resultOf('completed', 700));
      expect(await changed(-60_000)).toEqual(everyone);
    });

    test('a call whose record cannot be read is told as such, between the others', async () => {
      const { sessions, calls, doors } = opened();
      const service = newService();
      await sessions.open(sessionOf(`${service}-sound`, 2, { service }));
      const { assignment, ...record } = sessionOf(`${service}-broken`, 1, { service });
      await doors.plantSession({ ...record, assignment: { ...assignment, weightPercent: 700 } });
      const [broken, sound] = await allOf(calls.started(service, productionSet, new Date(at(0))));
      expect(broken).toMatchObject({
        sessionId: `${service}-broken`,
        startedAt: at(1),
        problem: expect.stringContaining('weightPercent'),
      });
      expect(broken).toMatchObject({ record: { assignment: { arm: 'candidate' } } });
      expect(sound).toMatchObject({ assignment: { sessionId: `${service}-sound` } });
    });

    test('that are open are found by host and altogether; closed ones and whole records are not', async () => {
      const { sessions, openSessions } = opened();
      const hostId = String(newService());
      await sessions.open(sessionOf('session-lost-3', 403, { hostId }));
      await sessions.open(sessionOf('session-lost-1', 401, { hostId }));
      await sessions.open(sessionOf('session-lost-2', 402, { hostId }));
      await sessions.open(sessionOf('session-lost-4', 404, { hostId, result: resultOf('failed', 404) }));
      await sessions.close('session-lost-1', resultOf('completed', 405));
      expect(idsOf(await sessions.openByHost(hostId))).toEqual(['session-lost-2', 'session-lost-3']);
      expect(idsOf(await sessions.openByHost(hostId, 1))).toEqual(['session-lost-2']);
      expect(await sessions.openByHost('host-without-calls')).toEqual([]);
      const all = idsOf(await allOf(openSessions.list(1_000)));
      expect(all).toContain('session-lost-2');
      expect(all).not.toContain('session-lost-1');
      expect(all).not.toContain('session-lost-4');
      expect(await allOf(openSessions.list(2))).toHaveLength(2);
    });

    test('one call per caller and promotion enters the test, even when 16 come at once', async () => {
      const { sessions } = opened();
      const claim = (n: number) => sessions.claimFirstCall(promotion('claim'), digestOf('c'), `session-claim-${n}`);
      const claims = answersOf(await sixteen(claim));
      expect(claims.filter(Boolean)).toHaveLength(1);
      expect(await claim(claims.indexOf(true))).toBe(true);
      expect(await sessions.claimFirstCall(promotion('other'), digestOf('c'), 'session-claim-0')).toBe(true);
      expect(await sessions.claimFirstCall(promotion('claim'), digestOf('d'), 'session-claim-0')).toBe(true);
    });

    test('a ticket admits one call, even when it is shown 16 times at once', async () => {
      const { sessions } = opened();
      const until = new Date(at(300));
      const uses = answersOf(await sixteen(() => sessions.use('ticket-1', until)));
      expect(uses.filter(Boolean)).toHaveLength(1);
      expect(await sessions.use('ticket-2', until)).toBe(true);
    });
  });
};
