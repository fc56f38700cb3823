import { describe, expect, test } from 'vitest';
import { type ReadinessFacts, readinessProblems } from '#core/promotion/readiness.ts';
import { freeze, headAfter, initialize, promote, promotion, release, startCanary } from '../version-set/build.ts';

const host = { ready: true, draining: false, leaseUntil: 2_000 };
const facts = (changes: Partial<ReadinessFacts> = {}): ReadinessFacts => ({
  nowMs: 1_000,
  promotionId: promotion('p'),
  service: 'appointments',
  release: release('b'),
  head: headAfter(initialize()),
  standing: 'registered',
  manifestService: 'appointments',
  stableHosts: [host],
  lastGoodHosts: [host],
  liveCalls: 3,
  maxCallsPerHost: 10,
  overlayProblems: [],
  ...changes,
});
const promotedToB = headAfter(initialize(), startCanary(), promote());

describe('whether a promotion may begin', () => {
  test.each([
    ['a sound release on a warm set', {}],
    ['the first release of a set, which has no pool to go back to', { head: undefined, stableHosts: [] }],
    ['its own canary, when the step is repeated', { head: headAfter(initialize(), startCanary()) }],
  ])('may for %s', (_case, changes) => {
    expect(readinessProblems(facts(changes))).toEqual([]);
  });

  test.each<[string, Partial<ReadinessFacts>, string, RegExp]>([
    ['an unknown release', { standing: 'unknown', manifestService: undefined }, 'not-found', /not registered/],
    ['a quarantined release', { standing: 'quarantined' }, 'quarantined', /record an override/],
    ['a release of another service', { manifestService: 'billing' }, 'invalid-input', /of service billing/],
    [
      'a part that is not what its digest says',
      { contentProblem: { code: 'digest-mismatch', text: 'bundle should be abc' } },
      'digest-mismatch',
      /should be abc/,
    ],
    [
      'another promotion that runs',
      { head: headAfter(initialize(), startCanary({ promotionId: promotion('q') })) },
      'transition-refused',
      /runs on appointments\/release/,
    ],
    ['a frozen set', { head: headAfter(initialize(), freeze) }, 'transition-refused', /frozen by test \("holiday"\)/],
    ['a release that is stable already', { release: release('a') }, 'transition-refused', /is stable on/],
    [
      'a release that is last-good',
      { head: promotedToB, release: release('a'), promotionId: promotion('r') },
      'transition-refused',
      /roll back to it/,
    ],
    ['a stable pool without a warm host', { stableHosts: [] }, 'pool-not-ready', /nothing to go back to/],
    ['a stable pool whose leases ran out', { nowMs: 3_000 }, 'pool-not-ready', /nothing to go back to/],
    [
      'a stable pool that drains',
      { stableHosts: [{ ...host, draining: true }] },
      'pool-not-ready',
      /nothing to go back/,
    ],
    [
      'a stable pool too small for what is live',
      { liveCalls: 11 },
      'pool-not-ready',
      /at most 10 calls and 11 are live/,
    ],
    [
      'a cold last-good',
      { head: promotedToB, release: release('c'), promotionId: promotion('r'), lastGoodHosts: [] },
      'pool-not-ready',
      /last-good release .* has no warm host/,
    ],
    [
      'an overlay that does not fit',
      { overlayProblems: ['the overlay of customer clinic does not fit: voice: is locked'] },
      'transition-refused',
      /customer clinic/,
    ],
  ])('may not for %s', (_case, changes, code, text) => {
    const problems = readinessProblems(facts(changes));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code });
    expect(problems[0]?.text).toMatch(text);
  });

  test('names every problem at once', () => {
    const problems = readinessProblems(
      facts({ standing: 'quarantined', stableHosts: [], overlayProblems: ['one', 'two'] }),
    );
    expect(problems.map(({ code }) => code)).toEqual([
      'quarantined',
      'pool-not-ready',
      'transition-refused',
      'transition-refused',
    ]);
  });
});
