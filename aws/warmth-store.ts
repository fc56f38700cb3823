import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { parseOrThrow } from '#core/parse.ts';
import type { WarmthStore } from '#core/promotion/warmth-store.ts';
import { WarmthProof } from '#core/promotion/warmth.ts';
import type { Table } from './dynamodb.ts';

const keyOf = (release: string) => ({ pk: `RELEASE#${release}`, sk: 'WARMTH' });

export const warmthStore = ({ documents, name }: Table): WarmthStore => ({
  put: async (proof) => {
    await documents.send(new PutCommand({ TableName: name, Item: { ...keyOf(proof.release), proof } }));
  },
  get: async (release) => {
    const { Item } = await documents.send(
      new GetCommand({ TableName: name, Key: keyOf(release), ConsistentRead: true }),
    );
    return Item && parseOrThrow(WarmthProof, Item['proof'], `the stored warmth of release ${release}`, 'internal');
  },
});
