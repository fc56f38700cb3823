import { z } from 'zod';
import { ServiceName, SetName } from '#core/words/names.ts';

const Text = z.object({ S: z.string() });
const Image = z.object({ revision: z.object({ N: z.string() }).optional().catch(undefined) });

/** An event of the registry table's stream, as Lambda delivers it: what is read is keys and revisions, as DynamoDB writes them. */
export const RegistryStreamEvent = z.object({
  Records: z.array(
    z.object({
      eventSource: z.literal('aws:dynamodb'),
      dynamodb: z.object({
        Keys: z.object({ pk: Text, sk: Text }),
        SequenceNumber: z.string(),
        NewImage: Image.optional(),
        OldImage: Image.optional(),
      }),
    }),
  ),
});
export type RegistryStreamEvent = z.infer<typeof RegistryStreamEvent>;
type RegistryStreamRecord = RegistryStreamEvent['Records'][number];

/** A version set that has moved, and the first record of the batch that says so. */
export interface MovedSet {
  readonly service: ServiceName;
  readonly set: SetName;
  readonly sequenceNumber: string;
}

/** The sets whose heads have a new revision, each once, in the order of the stream. A renewed lease is no revision. */
export const movedSets = ({ Records: records }: RegistryStreamEvent): readonly MovedSet[] => {
  const moved = new Map<string, MovedSet>();
  for (const record of records) {
    const set = movedSetOf(record);
    if (set === undefined) continue;
    const key = `${set.service}#${set.set}`;
    if (!moved.has(key)) moved.set(key, set);
  }
  return [...moved.values()];
};

/** `undefined` for whatever else is in the table. */
const movedSetOf = ({ dynamodb }: RegistryStreamRecord): MovedSet | undefined => {
  const { Keys: keys, NewImage: after, OldImage: before, SequenceNumber: sequenceNumber } = dynamodb;
  const service = ServiceName.safeParse(keys.pk.S.replace(/^SERVICE#/, ''));
  const set = SetName.safeParse(keys.sk.S.replace(/^SET#/, ''));
  if (!keys.pk.S.startsWith('SERVICE#') || !keys.sk.S.startsWith('SET#') || !service.success || !set.success)
    return undefined;
  if (after === undefined || after.revision?.N === before?.revision?.N) return undefined;
  return { service: service.data, set: set.data, sequenceNumber };
};
