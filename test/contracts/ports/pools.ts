import { describe, expect, test } from 'vitest';
import { poolName } from '#core/org/resource-names.ts';
import { ServiceName } from '#core/words/names.ts';
import { release } from '../../core/version-set/build.ts';
import { newService, type Opened } from './ports-under-test.ts';

const network = { subnets: ['subnet-1'], securityGroup: 'sg-1' };

/** Tasks take their time to start and to end. */
const within = { timeout: 60_000, interval: 100 };

export const poolsContract = (opened: Opened): void => {
  describe('pools', () => {
    test('a pool is made once, grows, and goes only when nothing runs in it any more', async () => {
      const { pools } = opened();
      const [service, id] = [newService(), release('pool')];
      expect(await pools.describe(service, id)).toBeUndefined();
      expect(await pools.retire(service, id)).toBe('gone');
      await pools.ensure(service, id, { ...network, hosts: 1 });
      await pools.ensure(service, id, { ...network, hosts: 1 });
      await expect.poll(() => pools.describe(service, id), within).toMatchObject({ desired: 1, running: 1 });
      await pools.ensure(service, id, { ...network, hosts: 2 });
      await expect
        .poll(() => pools.describe(service, id), within)
        .toMatchObject({ desired: 2, running: 2, pending: 0 });
      await pools.ensure(service, id, { ...network, hosts: 1 });
      expect(await pools.describe(service, id)).toMatchObject({ name: poolName(service, id), desired: 2 });
      expect(await pools.list(service)).toEqual([poolName(service, id)]);
      expect(await pools.retire(service, id)).toBe('draining');
      await expect.poll(() => pools.retire(service, id), within).toBe('gone');
      expect(await pools.retire(service, id)).toBe('gone');
      await expect.poll(() => pools.list(service), within).toEqual([]);
    });

    test('a pool is scaled up and down; one that is not there is an error', async () => {
      const { pools } = opened();
      const [service, id] = [newService(), release('scaled')];
      await expect(pools.scale(service, id, 1)).rejects.toMatchObject({ code: 'aws-failed' });
      await pools.ensure(service, id, { ...network, hosts: 2 });
      await pools.scale(service, id, 1);
      await expect
        .poll(() => pools.describe(service, id), within)
        .toMatchObject({ desired: 1, running: 1, pending: 0 });
      await pools.scale(service, id, 0);
      await expect.poll(() => pools.retire(service, id), within).toBe('gone');
    });

    test('a pool that still drains refuses its name, and may be asked again', async () => {
      const { pools, doors } = opened();
      const [service, id] = [newService(), release('drained')];
      await pools.ensure(service, id, { ...network, hosts: 1 });
      await expect.poll(() => pools.describe(service, id), within).toMatchObject({ running: 1 });
      await doors.deletePool(service, id);
      await expect(pools.ensure(service, id, { ...network, hosts: 1 })).rejects.toMatchObject({
        code: 'pool-not-ready',
        retryable: true,
      });
      await expect.poll(() => pools.retire(service, id), within).toBe('gone');
    });

    test('services whose names begin alike have their own pools', async () => {
      const { pools } = opened();
      const service = newService();
      const front = ServiceName.parse(`${service}-front`);
      const id = release('alike');
      for (const one of [service, front]) await pools.ensure(one, id, { ...network, hosts: 0 });
      expect(await pools.list(service)).toEqual([poolName(service, id)]);
      expect(await pools.list(front)).toEqual([poolName(front, id)]);
      for (const one of [service, front]) await expect.poll(() => pools.retire(one, id), within).toBe('gone');
    });
  });
};
