import { beforeEach, describe, expect, test } from 'vitest';
import { pageStable } from '#operations/paging/page-stable.ts';
import { productionSet, release, service } from '../../core/version-set/build.ts';
import { FakeOrg } from '../fake-org.ts';

describe('a page about stable', () => {
  let org: FakeOrg;
  let marked: string[];
  const page = (kind: 'unhealthy' | 'rolled-back') => {
    const ports = org.pagePorts();
    const pageLog = {
      wasSent: ports.pageLog.wasSent,
      markSent: (subject: string, logged: string) => {
        marked.push(logged);
        return ports.pageLog.markSent(subject, logged);
      },
    };
    const stable = release(kind === 'unhealthy' ? 'b' : 'a');
    const request = { kind, service, set: productionSet, reason: 'error rate 21 %', unhealthy: release('b'), stable };
    return pageStable({ ...ports, pageLog, org: 'acme-test', log: org.log })(request);
  };
  beforeEach(() => {
    org = new FakeOrg();
    marked = [];
  });

  test('says what people on call say, and what to do', async () => {
    await page('unhealthy');
    expect(org.pages[0]?.subject).toBe('[acme-test] appointments unknown is unhealthy on release');
    expect(org.pages[0]?.body).toContain('lastgood rollback appointments --set release --org acme-test');
  });

  test('is remembered under the names that page logs have held from the beginning', async () => {
    await page('unhealthy');
    await page('rolled-back');
    await page('unhealthy');
    expect(marked).toEqual(['stable-ill', 'stable-rolled-back']);
    expect(org.pages).toHaveLength(2);
  });

  test('that cannot be sent is logged, and sent with the next outcome', async () => {
    org.pagerError = new Error('the topic is gone');
    await page('unhealthy');
    expect(org.events).toEqual(['page-failed']);
    org.pagerError = undefined;
    await page('unhealthy');
    expect(org.pages).toHaveLength(1);
  });
});
