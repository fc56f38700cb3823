import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { WarmthStore } from '#core/promotion/warmth-store.ts';
import { storedWarmth } from '#core/promotion/warmth.ts';
import type { Table } from './dynamodb.ts';

const keyOf = (release: string) => ({ pk: `RELEASE#${release}`, sk: 'WARMTH' });

export const warmthStore = ({ documents, name }: Table): WarmthStore => ({
  put: async (proof) => {
    await documents.send(
      new PutCommand({
        TableName: name,
        Item: { ...keyOf(proof.release), proof: storedWarmth.write(proof, `the warmth of release ${proof.release}`) },
      }),
    );
  },
  get: async (release) => {
    const { Item } = await documents.send(
      new GetCommand({ TableName: name, Key: keyOf(release), ConsistentRead: true }),
    );
    return Item && storedWarmth.read(Item['proof'], `the stored warmth of release ${release}`);
  },
});
