import { beforeEach, describe, expect, test } from 'vitest';
import { LastgoodError } from '#core/errors.ts';
import { findReleaseToLeave } from '#operations/version-set/find-release-to-leave.ts';
import { productionSet, promotion, release, service } from '../../core/version-set/build.ts';
import { FakeOrg } from '../fake-org.ts';

describe('the release that callers must leave', () => {
  let org: FakeOrg;
  const find = (name?: string) =>
    findReleaseToLeave(
      {
        heads: org.heads,
        releases: {
          resolve: (_service: string, label: string) =>
            label === '1.4'
              ? Promise.resolve({ releaseId: release('labelled') })
              : Promise.reject(new LastgoodError('unknown-name', `no release ${label}`)),
        },
      },
      { service, set: productionSet, name },
    );
  beforeEach(async () => {
    org = new FakeOrg();
    await org.startCanary();
  });

  test('is the candidate while there is one, and stable after it', async () => {
    expect(await find()).toBe(release('b'));
    await org.move({ kind: 'abort', promotionId: promotion('p'), reason: 'by hand' });
    expect(await find()).toBe(release('a'));
  });

  test('is what its name says, whatever stands on the head', async () => {
    expect(await find('stable')).toBe(release('a'));
    expect(await find('candidate')).toBe(release('b'));
    expect(await find('1.4')).toBe(release('labelled'));
    await expect(find('1.5')).rejects.toThrow('no release 1.5');
  });

  test('is refused for a candidate that is not there, and for a set without a release', async () => {
    await org.move({ kind: 'abort', promotionId: promotion('p'), reason: 'by hand' });
    await expect(find('candidate')).rejects.toThrow(/has no candidate; use --from stable/);
    org = new FakeOrg();
    await expect(find()).rejects.toThrow(/has no release yet/);
  });
});
