import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { edgeStore, hostStore } from '#aws/host-store.ts';
import { openSessions } from '#aws/open-sessions.ts';
import { promotionStore } from '#aws/promotion-store.ts';
import { parseSessionItem, sessionStore } from '#aws/session-store.ts';
import { tenancyStore } from '#aws/tenancy-store.ts';
import { planByName } from '#core/canary/plans.ts';
import { isLive } from '#core/host/leases.ts';
import { Overlay } from '#core/overlay/overlay.ts';
import { promotionIdOf, PromotionInput } from '#core/promotion/promotion-input.ts';
import type { Decision } from '#core/promotion/promotion-store.ts';
import { VersionLabel } from '#core/release/version-label.ts';
import { SessionRecord, type SessionResult } from '#core/session/session-record.ts';
import { digestOf } from '#core/words/digest.ts';
import { CustomerId, OrgName, ServiceName } from '#core/words/names.ts';
import { at, productionSet, promotion, release } from '../core/version-set/build.ts';
import { startTestCloud, type TestCloud } from './test-cloud.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

const service = ServiceName.parse('appointments');

const sessionOf = (sessionId: string, second: number, over: Partial<Record<string, unknown>> = {}): SessionRecord =>
  SessionRecord.parse({
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
    ...over,
  });

const resultOf = (outcome: SessionResult['outcome'], second: number): SessionResult => ({
  endedAt: at(second),
  outcome,
  costUsd: 0.04,
  turns: 3,
  slowTurns: 0,
  turnLatencyMs: [310, 290.5],
});

describe('the session store', () => {
  test('a session is opened by one host, and the same host may say it again', async () => {
    const sessions = sessionStore(cloud.table);
    const record = sessionOf('session-open', 1);
    expect(await sessions.open(record)).toBe(true);
    expect(await sessions.open(record)).toBe(true);
    expect(await sessions.open({ ...record, hostId: 'host-2' })).toBe(false);
    expect(await sessions.get('session-open')).toEqual(record);
  });

  test('the first result stays, whoever writes later: agent, host or sweeper', async () => {
    const sessions = sessionStore(cloud.table);
    await sessions.open(sessionOf('session-close', 2));
    const racing = ['completed', 'failed', 'abandoned'] as const;
    await Promise.all(racing.map((outcome, n) => sessions.close('session-close', resultOf(outcome, 10 + n))));
    const first = (await sessions.get('session-close'))?.result;
    expect(racing).toContain(first?.outcome);
    await sessions.close('session-close', resultOf('escalated', 99));
    expect((await sessions.get('session-close'))?.result).toEqual(first);
  });

  test('closing a session that was never opened invents no record', async () => {
    const sessions = sessionStore(cloud.table);
    await sessions.close('session-none', resultOf('failed', 3));
    expect(await sessions.get('session-none')).toBeUndefined();
  });

  test('lists a service by start, whatever the order of writing', async () => {
    const sessions = sessionStore(cloud.table);
    const moments = [305, 301, 304, 300, 303];
    await Promise.all(moments.map((second) => sessions.open(sessionOf(`session-list-${second}`, second))));
    const found: string[] = [];
    const range = { from: new Date(at(301)), to: new Date(at(305)) };
    for await (const { assignment } of sessions.listByService(service, productionSet, range))
      found.push(assignment.startedAt);
    expect(found).toEqual([301, 303, 304].map(at));
  });

  test('open sessions are found by host and altogether, closed ones and whole records are not', async () => {
    const sessions = sessionStore(cloud.table);
    const hostId = 'host-lost';
    await sessions.open(sessionOf('session-lost-1', 401, { hostId }));
    await sessions.open(sessionOf('session-lost-2', 402, { hostId }));
    await sessions.open(sessionOf('session-lost-3', 403, { hostId, result: resultOf('failed', 404) }));
    await sessions.close('session-lost-1', resultOf('completed', 405));
    const ids = (records: readonly SessionRecord[]) => records.map(({ assignment }) => String(assignment.sessionId));
    expect(ids(await sessions.openByHost(hostId))).toEqual(['session-lost-2']);
    const all: SessionRecord[] = [];
    for await (const record of openSessions(cloud.table).list(1_000)) all.push(record);
    expect(ids(all)).toContain('session-lost-2');
    expect(ids(all)).not.toContain('session-lost-3');
  });

  test('one call per caller and promotion enters the test, even when 16 come at once', async () => {
    const sessions = sessionStore(cloud.table);
    const claim = (sessionId: string) => sessions.claimFirstCall(promotion('claim'), digestOf('c'), sessionId);
    const ids = Array.from({ length: 16 }, (_, n) => `session-claim-${n}`);
    const claims = await Promise.all(ids.map(claim));
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect(await claim(ids[claims.indexOf(true)]!)).toBe(true);
    expect(await sessions.claimFirstCall(promotion('other'), digestOf('c'), ids[0]!)).toBe(true);
  });

  test('a ticket admits one call, even when it is shown 16 times at once', async () => {
    const sessions = sessionStore(cloud.table);
    const uses = await Promise.all(Array.from({ length: 16 }, () => sessions.use('ticket-1', new Date(at(300)))));
    expect(uses.filter(Boolean)).toHaveLength(1);
  });

  test('an item that is no session record is an error, not a session', () => {
    expect(() => parseSessionItem({ pk: 'SESSION#x', sk: 'RECORD', assignment: {} })).toThrow(
      /stored session SESSION#x/,
    );
  });
});

describe('leases', () => {
  const lease = {
    hostId: 'host-1',
    service: 'appointments',
    releaseId: release('a'),
    address: '10.0.0.1:8080',
    freeProcesses: 3,
    activeSessions: 1,
    warmTarget: 4,
    ready: true,
    draining: false,
    leaseUntil: 10_000,
  };

  test('a host renews its lease, is listed with its pool only, and is gone when it says so', async () => {
    const hosts = hostStore(cloud.table);
    await hosts.write(lease);
    await hosts.write({ ...lease, freeProcesses: 2, leaseUntil: 12_000 });
    await hosts.write({ ...lease, hostId: 'host-2', releaseId: release('b'), problem: 'digest mismatch' });
    expect(await hosts.list('appointments', release('a'))).toEqual([
      { ...lease, freeProcesses: 2, leaseUntil: 12_000 },
    ]);
    await hosts.remove(lease);
    expect(await hosts.list('appointments', release('a'))).toEqual([]);
    expect(await hosts.list('appointments', release('b'))).toMatchObject([{ problem: 'digest mismatch' }]);
  });

  test('a lease is over at its last millisecond', () => {
    expect([isLive(lease, 9_999), isLive(lease, 10_000)]).toEqual([true, false]);
  });

  test('edges say where they are and which heads they saw', async () => {
    const edges = edgeStore(cloud.table);
    const edge = {
      edgeId: 'edge-1',
      url: 'ws://127.0.0.1:8080',
      leaseUntil: 10_000,
      headRevisionSeen: { 'appointments#release': 7 },
      queueDepth: 0,
    };
    await edges.write(edge);
    expect(await edges.list()).toEqual([edge]);
    await edges.remove('edge-1');
    expect(await edges.list()).toEqual([]);
  });
});

describe('the tenancy store', () => {
  const overlay = (voice: string) => Overlay.parse({ schemaVersion: 1, voice });
  const write = (voice: string, seenVersion: number) => ({
    overlay: overlay(voice),
    seenVersion,
    at: at(seenVersion),
    by: 'clinic admin',
    reason: 'new voice',
  });

  test('invariant 9: what one customer wrote is not reachable with the other one’s context', async () => {
    const tenancy = tenancyStore(cloud.table);
    const one = tenancy.forCustomer(CustomerId.parse('clinic-a'));
    const other = tenancy.forCustomer(CustomerId.parse('clinic-b'));
    await one.putProfile({ displayName: 'Clinic A', createdAt: at(1) });
    await one.writeOverlay(service, write('amber', 0));
    expect(await other.profile()).toBeUndefined();
    expect(await other.overlay(service)).toBeUndefined();
    expect(await other.overlayVersions(service)).toEqual([]);
    expect(Object.keys(one)).not.toContain('forCustomer');
  });

  test('invariant 9: an item that names another customer than its key is never returned', async () => {
    const tenancy = tenancyStore(cloud.table);
    const breach = await tenancy.forCustomer(CustomerId.parse('clinic-c')).writeOverlay(service, write('amber', 0));
    await cloud.table.documents.send(
      new PutCommand({
        TableName: cloud.table.name,
        Item: { pk: 'CUSTOMER#clinic-d', sk: `OVERLAY#${service}#CURRENT`, overlayVersion: breach, version: 1 },
      }),
    );
    await expect(tenancy.forCustomer(CustomerId.parse('clinic-d')).overlay(service)).rejects.toThrow(/names another/);
  });

  test('overlays have versions without gaps, and the same overlay again makes none', async () => {
    const clinic = tenancyStore(cloud.table).forCustomer(CustomerId.parse('clinic-e'));
    await clinic.writeOverlay(service, write('amber', 0));
    await clinic.writeOverlay(service, write('cedar', 1));
    await clinic.writeOverlay(service, write('cedar', 2));
    await clinic.writeOverlay(service, write('amber', 2));
    const versions = await clinic.overlayVersions(service);
    expect(versions.map(({ version, overlay: { voice } }) => [version, voice])).toEqual([
      [3, 'amber'],
      [2, 'cedar'],
      [1, 'amber'],
    ]);
    expect(await clinic.overlayVersions(service, 1)).toEqual([await clinic.overlay(service)]);
  });

  test('of 16 who change the same version one wins, the others are told', async () => {
    const clinic = tenancyStore(cloud.table).forCustomer(CustomerId.parse('clinic-f'));
    await clinic.writeOverlay(service, write('amber', 0));
    const racing = Array.from({ length: 16 }, (_, n) => clinic.writeOverlay(service, write(`voice-${n}`, 1)));
    const results = await Promise.allSettled(racing);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await clinic.overlayVersions(service)).toHaveLength(2);
    await expect(clinic.writeOverlay(service, write('late', 1))).rejects.toMatchObject({ code: 'revision-conflict' });
  });

  test('customers are counted without reading anything of theirs', async () => {
    const tenancy = tenancyStore(cloud.table);
    await tenancy.forCustomer(CustomerId.parse('clinic-z')).putProfile({ displayName: 'Z', createdAt: at(1) });
    const ids: string[] = [];
    for await (const id of tenancy.customerIds()) ids.push(id);
    expect(ids).toContain('clinic-z');
    expect(ids).not.toContain('clinic-f');
  });
});

describe('the promotion store', () => {
  const inputOf = (attempt: number): PromotionInput => {
    const what = { org: OrgName.parse('acme'), service, set: productionSet, release: release('b'), attempt };
    return PromotionInput.parse({
      ...what,
      promotionId: promotionIdOf(what),
      version: VersionLabel.parse('1.1'),
      plan: planByName('tour'),
      requestedBy: 'ci:deploy',
      continuation: 0,
    });
  };
  const recordOf = (attempt: number) => ({
    input: inputOf(attempt),
    executionArn: 'arn:aws:states:us-east-1:111111111111:execution:lastgood-promotion:x',
    startedAt: at(attempt),
  });

  test('a promotion is recorded once, ends once, and is found again by its service', async () => {
    const promotions = promotionStore(cloud.table);
    const record = recordOf(1);
    const { promotionId } = record.input;
    const end = { outcome: 'aborted', reason: 'worse', by: 'analyze', endedAt: at(60) } as const;
    expect(await promotions.end(promotionId, end)).toBe(false);
    expect([await promotions.record(record), await promotions.record({ ...record, startedAt: at(9) })]).toEqual([
      true,
      false,
    ]);
    expect(await promotions.end(promotionId, end)).toBe(true);
    expect(await promotions.end(promotionId, { ...end, outcome: 'promoted' })).toBe(false);
    expect(await promotions.get(promotionId)).toEqual({ ...record, end });
    await promotions.record(recordOf(2));
    expect(await promotions.listByService(service)).toEqual([recordOf(2).input.promotionId, promotionId]);
  });

  test('16 racing analyses get 16 numbers without a gap', async () => {
    const promotions = promotionStore(cloud.table);
    const id = promotion('decide');
    const decision: Omit<Decision, 'number'> = { at: at(1), verdict: 'hold', reason: 'not yet', record: { calls: 3 } };
    const decided = await Promise.all(Array.from({ length: 16 }, () => promotions.decide(id, decision)));
    const numbers = decided.map((one) => one.decision.number).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 16 }, (_, n) => n + 1));
    expect(decided.find((one) => one.decision.number === 3)?.key).toBe(`PROMOTION#${id}/DECISION#0000000003`);
    expect(await promotions.decisions(id, 1)).toEqual([{ ...decision, number: 16 }]);
  });
});
