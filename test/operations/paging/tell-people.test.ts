import { beforeEach, describe, expect, test } from 'vitest';
import { tellAfterFlip, tellPeople } from '#operations/paging/tell-people.ts';
import { FakeOrg } from '../fake-org.ts';

const page = { subject: '[acme-test] something happened', body: 'and what to do' };

describe('telling people', () => {
  let org: FakeOrg;
  let written: number;
  const tell = (kind = 'aborted') =>
    tellPeople(org.pagePorts())({
      subject: 'promotion-1',
      kind,
      write: () => {
        written += 1;
        return Promise.resolve(page);
      },
    });
  beforeEach(() => {
    org = new FakeOrg();
    written = 0;
  });

  test('sends a page once, and does not even write it a second time', async () => {
    expect([await tell(), await tell()]).toEqual([true, false]);
    expect(org.pages).toEqual([page]);
    expect(written).toBe(1);
  });

  test('tells other news of the same subject', async () => {
    await tell('aborted');
    expect(await tell('promoted')).toBe(true);
    expect(org.pages).toHaveLength(2);
  });

  test('remembers nothing of a page that was not sent, so it is sent later', async () => {
    org.pagerError = new Error('the topic is gone');
    await expect(tell()).rejects.toThrow('the topic is gone');
    org.pagerError = undefined;
    expect(await tell()).toBe(true);
  });

  test('logs what fails after a flip, and lets what follows go on', async () => {
    org.pagerError = new Error('the topic is gone');
    await tellAfterFlip(org.log, { trace_id: 'p' }, () => tell());
    expect(org.logged).toMatchObject([{ level: 'error', event: 'page-failed', fields: { trace_id: 'p' } }]);
  });
});
