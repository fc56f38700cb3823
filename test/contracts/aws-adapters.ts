import { ECSClient, ListTaskDefinitionsCommand } from '@aws-sdk/client-ecs';
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { putOnce } from '#aws/dynamodb.ts';
import { headStore } from '#aws/head-store.ts';
import { history } from '#aws/history.ts';
import { pools } from '#aws/pools.ts';
import { releaseRegistry } from '#aws/release-registry.ts';
import { parseSessionItem } from '#aws/session-store.ts';
import { tenancyStore } from '#aws/tenancy-store.ts';
import { poolName, resourceNames } from '#core/org/resource-names.ts';
import { CustomerId } from '#core/words/names.ts';
import { at, freeze, productionSet, release } from '../core/version-set/build.ts';
import type { OrgCloud } from './org-cloud.ts';
import { newService } from './ports/ports-under-test.ts';
import { registrationOf } from './registration.ts';

/** What the SDK does when an answer does not arrive: the same update again, and only its answer counts. */
const sendingUpdatesTwice = (documents: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(documents, {
    get: (target, key) =>
      key === 'send'
        ? async (command: UpdateCommand) => {
            if (command instanceof UpdateCommand) await target.send(command);
            return target.send(command);
          }
        : Reflect.get(target, key),
  });

/** What only adapters that talk to AWS can get wrong: repeats of the SDK, items of other hands, names of resources. */
export const awsAdaptersContract = (opened: () => OrgCloud): void => {
  describe('adapters for AWS', () => {
    test('a move whose answer got lost, and which the SDK therefore repeated, is told as moved', async () => {
      const { registry } = opened().tables;
      const service = newService();
      const { releaseId } = registrationOf(service, '1.0');
      await releaseRegistry(registry).register(registrationOf(service, '1.0'));
      const mover = { by: 'test', at: new Date(at(5)) };
      const first = { kind: 'initialize', release: releaseId, reason: 'first' } as const;
      await headStore(registry).apply(service, productionSet, first, mover);
      const repeating = headStore({ ...registry, documents: sendingUpdatesTwice(registry.documents) });
      const result = await repeating.apply(service, productionSet, freeze, mover);
      expect(result).toMatchObject({ kind: 'moved', head: { revision: 2 } });
      expect(await history(registry).list(service, productionSet)).toHaveLength(2);
    });

    test('a damaged head is an error that names its item and its field', async () => {
      const { registry } = opened().tables;
      const service = newService();
      await putOnce(registry, { pk: `SERVICE#${service}`, sk: 'SET#release', head: { revision: 'x' } });
      await expect(headStore(registry).read(service, productionSet)).rejects.toMatchObject({
        code: 'internal',
        message: expect.stringMatching(new RegExp(`the stored head of ${service}/release.*revision`, 's')),
      });
    });

    test('an item that is no session record is an error, not a session', () => {
      expect(() => parseSessionItem({ pk: 'SESSION#x', sk: 'RECORD', assignment: {} })).toThrow(
        /stored session SESSION#x/,
      );
    });

    test('an older version that writes a profile leaves the fields of a newer one', async () => {
      const { tenancy } = opened().tables;
      const customerId = CustomerId.parse('clinic-newer');
      const key = { pk: `CUSTOMER#${customerId}`, sk: 'PROFILE' };
      const profile = { customerId, displayName: 'Before', createdAt: at(1), timeZone: 'Europe/Berlin' };
      await putOnce(tenancy, { ...key, profile });
      await tenancyStore(tenancy)
        .forCustomer(customerId)
        .putProfile({ displayName: 'After', createdAt: at(1) });
      const { Item } = await tenancy.documents.send(new GetCommand({ TableName: tenancy.name, Key: key }));
      expect(Item?.['profile']).toEqual({ ...profile, displayName: 'After' });
    });

    test('each pool has a task definition of its own, made from the base, which stays as it is', async () => {
      const { connection } = opened();
      const all = pools(connection, resourceNames.cluster);
      const [service, id] = [newService(), release('definition')];
      const families = async (): Promise<readonly (string | undefined)[]> => {
        const { taskDefinitionArns = [] } = await connection.client(ECSClient).send(new ListTaskDefinitionsCommand({}));
        return taskDefinitionArns.map((arn) => arn.split('/').at(-1));
      };
      const bases = (all: readonly (string | undefined)[]) =>
        all.filter((family) => family?.startsWith(`${resourceNames.hostTaskFamily}:`));
      const before = bases(await families());
      await all.ensure(service, id, { subnets: ['subnet-1'], securityGroup: 'sg-1', hosts: 0 });
      expect(await families()).toContain(`${poolName(service, id)}:1`);
      expect(bases(await families())).toEqual(before);
      await expect.poll(() => all.retire(service, id), { timeout: 20_000 }).toBe('gone');
    });
  });
};
