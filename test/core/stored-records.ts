import { createAnalysis } from '#core/canary/analysis.ts';
import { type DecisionRecord, decisionRecord, storedDecisionRecord } from '#core/canary/decision.ts';
import { momentMs } from '#core/canary/outcome.ts';
import { planByName } from '#core/canary/plans.ts';
import { storedEvidence, storedQuarantine } from '#core/evidence/release-evidence.ts';
import { storedEdgeLease, storedHostLease } from '#core/host/leases.ts';
import { Overlay } from '#core/overlay/overlay.ts';
import { storedOverlay, storedProfile } from '#core/overlay/tenancy-store.ts';
import { storedDecision, storedPromotion, storedPromotionEnd } from '#core/promotion/promotion-store.ts';
import { storedSummary } from '#core/release/release-registry.ts';
import { storedSession, storedSessionResult } from '#core/session/session-record.ts';
import type { Stored } from '#core/stored.ts';
import { storedHead, storedHistoryEntry } from '#core/version-set/head.ts';
import { digestOf } from '#core/words/digest.ts';
import { traffic } from './canary/calls.ts';
import {
  at,
  freeze,
  headAfter,
  initialize,
  promoteWatched,
  promotion,
  release,
  setWeight,
  startCanary,
  suspect,
} from './version-set/build.ts';

const suspected = headAfter(initialize(), startCanary(), promoteWatched(), suspect);
const canary = headAfter(initialize(), startCanary(), setWeight(25, 2), freeze);

const result = {
  endedAt: at(60),
  outcome: 'failed',
  errorClass: 'tool',
  errorDetail: 'the calendar is down',
  taskSucceeded: false,
  costUsd: 0.1,
  turns: 4,
  slowTurns: 1,
  startMs: 120,
  turnLatencyMs: [300],
  interruptions: 1,
  transcript: digestOf('transcript'),
};

const evidence = {
  suite: 'suite-1',
  kind: 'evals',
  id: 'suite-1',
  at: at(1),
  by: 'ci',
  passed: true,
  summary: '5 of 5',
  report: { n: 5 },
};

const lease = { leaseUntil: 10_000 };

const end = { outcome: 'aborted', reason: 'worse', by: 'analyze', endedAt: at(60) };

/** What a short canary comes to. */
const decided = (): DecisionRecord => {
  const plan = planByName('standard');
  const analysis = createAnalysis(plan);
  const calls = traffic({ calls: 40, weightPercent: 50, stableRate: 0, candidateRate: 1, seed: 1 });
  for (const call of calls) analysis.observe(call);
  return decisionRecord(plan, analysis, analysis.verdict(Math.max(...calls.map(({ endedAt }) => momentMs(endedAt)))));
};

export type Row = readonly [Stored<unknown>, Readonly<Record<string, unknown>>];

/** The tests give records of any shape, as a table does. */
const row = <T>(kept: Stored<T>, record: Row[1]): Row => [kept as unknown as Stored<unknown>, record];

/** One whole record of every stored schema: each optional field stands in it. */
export const records: Readonly<Record<string, Row>> = {
  storedHead: row(storedHead, {
    ...canary,
    holdback: suspected.holdback,
    stablePublishedAt: at(0),
    lastPromotion: { promotionId: promotion('q'), release: release('a'), outcome: 'promoted' },
  }),
  storedHistoryEntry: row(storedHistoryEntry, {
    ...canary.lastTransition,
    to: { ...canary.lastTransition.to, holdback: release('a') },
    promotionId: promotion('p'),
    evidence: 'a decision',
    drill: true,
    follows: [
      { kind: 'quarantine', release: release('b'), promotionId: promotion('p') },
      { kind: 'end-promotion', promotionId: promotion('p'), outcome: 'aborted' },
      { kind: 'page-promotion', promotionId: promotion('p'), page: 'aborted' },
      { kind: 'page-roll-back', release: release('b') },
    ],
  }),
  storedPromotion: row(storedPromotion, {
    input: {
      promotionId: promotion('p'),
      org: 'acme',
      service: 'appointments',
      set: 'release',
      release: release('b'),
      version: '1.1',
      plan: planByName('tour'),
      requestedBy: 'ci',
      attempt: 1,
      continuation: 0,
    },
    executionArn: 'arn',
    startedAt: at(1),
    incumbent: release('a'),
    end,
  }),
  storedPromotionEnd: row(storedPromotionEnd, end),
  storedDecision: row(storedDecision, {
    number: 1,
    at: at(1),
    verdict: 'hold',
    reason: 'not yet',
    record: { calls: 3 },
  }),
  storedDecisionRecord: row(storedDecisionRecord, JSON.parse(JSON.stringify(decided()))),
  storedSession: row(storedSession, {
    assignment: {
      sessionId: 'session-1',
      traceId: digestOf('trace').slice(0, 32),
      service: 'appointments',
      set: 'release',
      customerId: 'clinic',
      callerHash: digestOf('caller'),
      channel: 'phone',
      arm: 'candidate',
      release: release('b'),
      promotionId: promotion('p'),
      weightPercent: 5,
      probe: false,
      startedAt: at(1),
    },
    hostId: 'host-1',
    overlayVersion: 0,
    configDigest: 'none',
    countsInTest: true,
    result,
  }),
  storedSessionResult: row(storedSessionResult, result),
  storedHostLease: row(storedHostLease, {
    ...lease,
    hostId: 'host-1',
    service: 'appointments',
    releaseId: release('a'),
    address: '10.0.0.1:80',
    freeProcesses: 1,
    activeSessions: 0,
    warmTarget: 1,
    ready: false,
    draining: false,
    problem: 'a digest is wrong',
  }),
  storedEdgeLease: row(storedEdgeLease, {
    ...lease,
    edgeId: 'edge-1',
    url: 'wss://calls.example.org',
    headRevisionSeen: { 'a#release': 1 },
    queueDepth: 0,
  }),
  storedEvidence: row(storedEvidence, evidence),
  storedQuarantine: row(storedQuarantine, {
    reason: 'worse',
    promotionId: promotion('p'),
    at: at(1),
    by: 'analyze',
    overriddenAt: at(2),
    overriddenBy: 'lead',
    overrideReason: 'false alarm',
  }),
  storedProfile: row(storedProfile, { customerId: 'clinic', displayName: 'Clinic', createdAt: at(1) }),
  storedOverlay: row(storedOverlay, {
    customerId: 'clinic',
    service: 'appointments',
    version: 1,
    overlay: Overlay.parse({ schemaVersion: 1, voice: 'amber', branding: { name: 'Clinic', greeting: 'Hello' } }),
    digest: digestOf('overlay'),
    at: at(1),
    by: 'admin',
    reason: 'new voice',
  }),
  storedSummary: row(storedSummary, {
    releaseId: release('a'),
    service: 'appointments',
    version: '1.0',
    publishedAt: at(1),
    publishedBy: 'ci',
  }),
};
