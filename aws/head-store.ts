import { setTimeout as pause } from 'node:timers/promises';
import { LastgoodError } from '#core/errors.ts';
import type { Command } from '#core/version-set/command.ts';
import type { HeadItems } from '#core/version-set/head-items.ts';
import type { HeadStore, Mover } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import { entering } from '#core/version-set/refusal.ts';
import { transition, type TransitionResult } from '#core/version-set/transition.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import type { Table } from './dynamodb.ts';
import { headItems } from './head-items.ts';

/**
 * A lost race means that another writer made progress. Sixteen that write without a pause win about every second try once
 * they back off; a hundred losses in a row then mean that something is wrong.
 */
const maxAttempts = 100;

const maxPauseMs = 200;

export const headStore = (registry: Table): HeadStore => headStoreOver(headItems(registry));

/** Jitter keeps losers from meeting again; the next try usually wins, so it comes soon. */
const backOff = (attempt: number): Promise<void> => pause(Math.random() * Math.min(maxPauseMs, 2 ** attempt));

/** The protocol of the two writes, over anything that has the reads and conditional writes of `HeadItems`. */
export const headStoreOver = (items: HeadItems, afterLostRace = backOff): HeadStore => ({
  read: items.read,
  list: items.list,
  apply: async (service, set, command, mover) => {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const head = await items.read(service, set);
      const result = await decide(items, head, service, set, command, mover);
      if (result.kind === 'unchanged' || result.kind === 'refused') return result;
      if (result.kind === 'renewed' && (await items.renew(result.head))) return result;
      if (result.kind === 'moved' && (await writeRevision(items, head, result.head))) return result;
      await afterLostRace(attempt);
    }
    throw new LastgoodError(
      'revision-conflict',
      `${command.kind} on ${service}/${set} lost ${maxAttempts} races against other writers; try again`,
      { retryable: true },
    );
  },
});

const decide = async (
  items: HeadItems,
  head: Head | undefined,
  service: ServiceName,
  set: SetName,
  command: Command,
  { by, at = new Date() }: Mover,
): Promise<TransitionResult> => {
  const release = entering(head, command);
  const standing = release === undefined ? 'unknown' : await items.standing(release);
  return transition(head, command, { service, set, at: at.toISOString(), by, standing: () => standing });
};

/**
 * Two writes, in this order: the history entry of the revision that is about to be replaced, unless somebody stored it
 * already; then the next revision, if that one still stands. A crash between them leaves an entry that the next writer
 * finds in place. So every revision below the head's has its entry, whatever crashes (invariant 4).
 */
const writeRevision = async (items: HeadItems, from: Head | undefined, to: Head): Promise<boolean> => {
  if (from) await items.archive(from);
  return items.replace(from, to);
};
