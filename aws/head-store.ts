import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { LastgoodError } from '#core/errors.ts';
import type { ServiceName, SetName } from '#core/org/names.ts';
import { parseOrThrow } from '#core/parse.ts';
import type { Command } from '#core/version-set/command.ts';
import { Head } from '#core/version-set/head.ts';
import { entering } from '#core/version-set/refusal.ts';
import { type TransitionResult, transition } from '#core/version-set/transition.ts';
import { type Table, putOnce, queryItems, updateIf } from './dynamodb.ts';
import { headKey, revisionKey } from './head-keys.ts';
import { releaseStanding } from './release-registry.ts';

/** Who moves the head, and when. */
export interface Mover {
  /** A person, role or component: `ci:deploy-bot`, `lambda:analyze`. */
  readonly by: string;
  /** @default - now */
  readonly at?: Date;
}

export interface HeadStore {
  /** Strongly consistent. @returns undefined when the set has no release yet */
  readonly read: (service: ServiceName, set: SetName) => Promise<Head | undefined>;
  /** The heads of a service, by set name; at most 200 sets. */
  readonly list: (service: ServiceName) => Promise<readonly Head[]>;
  /**
   * Reads, decides, and writes with one conditional update; loses a race, decides again on the new head. Safe to repeat.
   * A refusal is a return value.
   * @throws LastgoodError `revision-conflict` (retryable) after 40 lost races, `aws-failed`
   */
  readonly apply: (service: ServiceName, set: SetName, command: Command, mover: Mover) => Promise<TransitionResult>;
}

/** A lost race means that another writer made progress, so the number of attempts bounds the writers at once. */
const maxAttempts = 40;
const maxPauseMs = 50;

export const headStore = (registry: Table): HeadStore => ({
  read: (service, set) => readHead(registry, service, set),
  list: (service) => listHeads(registry, service),
  apply: (service, set, command, mover) => applyCommand(registry, service, set, command, mover),
});

const readItem = async ({ documents, name }: Table, service: ServiceName, set: SetName) =>
  (await documents.send(new GetCommand({ TableName: name, Key: headKey(service, set), ConsistentRead: true }))).Item;

const readHead = async (registry: Table, service: ServiceName, set: SetName): Promise<Head | undefined> => {
  const item = await readItem(registry, service, set);
  return item && parseOrThrow(Head, item['head'], `the stored head of ${service}/${set}`, 'internal');
};

const applyCommand = async (
  registry: Table,
  service: ServiceName,
  set: SetName,
  command: Command,
  { by, at }: Mover,
): Promise<TransitionResult> => {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const head = await readHead(registry, service, set);
    const release = entering(head, command);
    const standing = release === undefined ? 'unknown' : await releaseStanding(registry, release);
    const result = transition(head, command, {
      service,
      set,
      at: (at ?? new Date()).toISOString(),
      by,
      standing: () => standing,
    });
    if (result.kind === 'unchanged' || result.kind === 'refused') return result;
    if (await write(registry, head, result)) return result;
    await pause(Math.random() * Math.min(maxPauseMs, 2 ** attempt));
  }
  throw new LastgoodError(
    'revision-conflict',
    `${command.kind} on ${service}/${set} lost ${maxAttempts} races against other writers; try again`,
    { retryable: true },
  );
};

const write = (
  registry: Table,
  from: Head | undefined,
  result: Extract<TransitionResult, { kind: 'moved' | 'renewed' }>,
): Promise<boolean> =>
  result.kind === 'renewed' ? writeLease(registry, result.head) : writeRevision(registry, from, result.head);

/**
 * Two writes, in this order: the history entry of the revision that is about to be replaced, unless somebody stored it
 * already; then the next revision, if that one still stands. A crash between them leaves an entry that the next writer
 * finds in place. So every revision below the head's has its entry, whatever crashes (invariant 4).
 */
const writeRevision = async (registry: Table, from: Head | undefined, to: Head): Promise<boolean> => {
  if (from)
    await putOnce(registry, { ...revisionKey(from.service, from.set, from.revision), entry: from.lastTransition });
  const writeId = randomUUID();
  const isWritten = await updateIf(registry, {
    Key: headKey(to.service, to.set),
    UpdateExpression: 'SET head = :head, revision = :next, writeId = :writeId',
    ConditionExpression: from ? 'revision = :from' : 'attribute_not_exists(pk)',
    ExpressionAttributeValues: {
      ':head': to,
      ':next': to.revision,
      ':writeId': writeId,
      ...(from && { ':from': from.revision }),
    },
  });
  if (isWritten) return true;
  // An answer that got lost makes the SDK write again, and then the condition fails on our own write.
  return (await readItem(registry, to.service, to.set))?.['writeId'] === writeId;
};

/** One attribute under the same revision and promotion; never shorter than what stands. */
const writeLease = (registry: Table, { service, set, revision, candidate }: Head): Promise<boolean> =>
  updateIf(registry, {
    Key: headKey(service, set),
    UpdateExpression: 'SET head.candidate.exposureUntil = :until',
    ConditionExpression:
      'revision = :revision AND head.candidate.promotionId = :promotion AND head.candidate.exposureUntil < :until',
    ExpressionAttributeValues: {
      ':until': candidate?.exposureUntil,
      ':revision': revision,
      ':promotion': candidate?.promotionId,
    },
  });

/** Skips from set to set over their histories, which share the key prefix. */
const listHeads = async (registry: Table, service: ServiceName): Promise<readonly Head[]> => {
  const heads: Head[] = [];
  let after = 'SET#';
  while (heads.length < 200) {
    const next = queryItems(
      registry,
      {
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :after AND :end',
        ExpressionAttributeValues: { ':pk': headKey(service, '').pk, ':after': after, ':end': 'SET#~' },
        ConsistentRead: true,
      },
      { items: 1 },
    );
    const { value: item, done } = await next.next();
    if (done) break;
    const head = parseOrThrow(Head, item['head'], `a stored head of ${service}`, 'internal');
    heads.push(head);
    after = revisionKey(service, head.set, 9_999_999_999).sk;
  }
  return heads;
};
