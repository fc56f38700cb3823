import { type Clock, pause, timestampOf } from '../clock.ts';
import { LastgoodError } from '../errors.ts';
import type { ReleaseId } from '../words/digest.ts';
import type { ServiceName, SetName } from '../words/names.ts';
import type { Command, ReleaseStanding } from './command.ts';
import type { HeadItems } from './head-items.ts';
import type { HeadStore, Mover } from './head-store.ts';
import { type Head, storedHead } from './head.ts';
import { isBeingBarred } from './outbox.ts';
import { entering } from './refusal.ts';
import { transition, type TransitionResult } from './transition.ts';

/** What the protocol takes from its surroundings. `random` gives numbers in [0, 1). */
export interface HeadTiming {
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * A lost race means that another writer made progress. Sixteen that write without a pause win about every second try once
 * they back off; a hundred losses in a row then mean that something is wrong.
 */
const maxAttempts = 100;
const maxPauseMs = 200;

/** The protocol of the two writes, over anything that has the reads and conditional writes of `HeadItems`. */
export const headStoreOver = (items: HeadItems, timing: HeadTiming): HeadStore => ({
  read: items.read,
  list: items.list,
  standing: (service, release) => standingOf(items, service, release),
  apply: async (service, set, command, mover) => {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const head = await items.read(service, set);
      const result = await decide(items, timing.clock, head, service, set, command, mover);
      if (result.kind === 'unchanged' || result.kind === 'refused') return result;
      if (result.kind === 'renewed' && (await items.renew(result.head))) return result;
      if (result.kind === 'moved') {
        const next = checked(head, result.head);
        if (await writeRevision(items, head, next)) return { kind: 'moved', head: next };
      }
      await backOff(timing, attempt);
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
  clock: Clock,
  head: Head | undefined,
  service: ServiceName,
  set: SetName,
  command: Command,
  { by, at }: Mover,
): Promise<TransitionResult> => {
  const release = entering(head, command);
  const standing = release === undefined ? 'unknown' : await standingOf(items, service, release);
  const moment = at?.toISOString() ?? timestampOf(clock.now());
  return transition(head, command, { service, set, at: moment, by, standing: () => standing });
};

/** What is on its way first: once that is settled, the registry has it. */
const standingOf = async (items: HeadItems, service: ServiceName, release: ReleaseId): Promise<ReleaseStanding> =>
  (await isBeingBarred(items, service, release)) ? 'quarantined' : items.standing(release);

/** A head that nobody could read again must not stand; what a newer version keeps in it goes along. */
const checked = (from: Head | undefined, to: Head): Head => {
  const what = `the next head of ${to.service}/${to.set}`;
  return from ? storedHead.rewrite(from, to, what) : storedHead.write(to, what);
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

/** Jitter keeps losers from meeting again; the next try usually wins, so it comes soon. */
const backOff = ({ clock, random }: HeadTiming, attempt: number): Promise<void> =>
  pause(clock, random() * Math.min(maxPauseMs, 2 ** attempt));
