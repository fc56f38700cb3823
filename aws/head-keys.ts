import { type Key, tenDigits } from './dynamodb.ts';

/** The head of a version set. */
export const headKey = (service: string, set: string): Key => ({ pk: `SERVICE#${service}`, sk: `SET#${set}` });

/** The history entry of one revision; ten digits, so that keys sort by revision. */
export const revisionKey = (service: string, set: string, revision: number): Key => ({
  pk: `SERVICE#${service}`,
  sk: `SET#${set}#REV#${tenDigits(revision)}`,
});

/** How far what follows the transitions of a set has been carried out. It sorts between the head and its revisions. */
export const outboxKey = (service: string, set: string): Key => ({
  pk: `SERVICE#${service}`,
  sk: `SET#${set}#OUTBOX`,
});
