import { beforeEach, describe, expect, test } from 'vitest';
import { pageRecovered } from '#operations/paging/page-recovered.ts';
import { pageUnhealthy } from '#operations/paging/page-unhealthy.ts';
import { productionSet, release, service } from '../../core/version-set/build.ts';
import { FakeOrg } from '../fake-org.ts';

const dayMs = 86_400_000;

describe('pages about the health of stable', () => {
  let org: FakeOrg;
  const condition = { service, set: productionSet, reason: 'error rate 21 %', release: release('b') };
  const unhealthy = () => pageUnhealthy(org.pagePorts())(condition);
  const recovered = () => pageRecovered(org.pagePorts())({ ...condition, reason: 'error rate 4 %' });
  const subjects = () => org.pages.map(({ subject }) => subject.replace('[acme-test] appointments unknown ', ''));
  beforeEach(() => {
    org = new FakeOrg();
  });

  test('say what people on call say, and what to do', async () => {
    await unhealthy();
    expect(org.pages[0]?.subject).toBe('[acme-test] appointments unknown is unhealthy on release');
    expect(org.pages[0]?.body).toContain('lastgood rollback appointments --set release --org acme-test');
  });

  test('come once while it lasts, and once when it is over', async () => {
    await unhealthy();
    await unhealthy();
    org.nowMs += dayMs;
    await unhealthy();
    await recovered();
    await recovered();
    expect(subjects()).toEqual(['is unhealthy on release', 'is healthy again on release']);
    expect(org.pages[1]?.body).toContain('error rate 4 %');
  });

  test('come again with the next outage, a month later', async () => {
    await unhealthy();
    await recovered();
    org.nowMs += 30 * dayMs;
    await unhealthy();
    expect(subjects()).toHaveLength(3);
  });

  test('come again after a month, though nobody told the end of the first outage', async () => {
    await unhealthy();
    org.nowMs += 30 * dayMs;
    await unhealthy();
    expect(subjects()).toHaveLength(2);
  });

  test('say nothing of the end of what nobody was told about', async () => {
    await recovered();
    expect(org.pages).toEqual([]);
  });

  test('that cannot be sent are logged, and sent with the next outcome', async () => {
    org.pagerError = new Error('the topic is gone');
    await unhealthy();
    expect(org.events).toEqual(['page-failed']);
    org.pagerError = undefined;
    await unhealthy();
    expect(org.pages).toHaveLength(1);
  });
});
