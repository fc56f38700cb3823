import { type Clock, within } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import type { watchHoldback } from '../stable/watch-holdback.ts';
import type { judgeCandidate } from '../canary/judge-candidate.ts';

export interface RouteOutcomesPorts {
  readonly heads: Pick<HeadStore, 'read'>;
  readonly judgeCandidate: ReturnType<typeof judgeCandidate>;
  readonly watchHoldback: ReturnType<typeof watchHoldback>;
  readonly clock: Clock;
  readonly log: Log;
}

/** A set that takes longer goes on beside the others, which are not kept waiting. */
const setLimitMs = 10_000;
/** Sets that are judged again with the next outcomes; an org has one per service and name. */
const mostOwed = 100;

/** What is asked of a set's judges: its head, and the changes that came in. */
interface Duty {
  readonly service: Head['service'];
  readonly set: Head['set'];
  readonly changes: readonly SessionRecord[];
}

/**
 * The in-band path to the flip: brings the outcomes of each version set to those who judge it, all sets at once and each in its own
 * time. Start rows matter, too: an open call holds its place in the order. Judges read the records for themselves, so a set that could not
 * be judged has lost nothing, and is judged with the next outcomes of whatever set.
 * @throws when no set of the batch could be judged, so that the batch comes again
 */
export const routeOutcomes = (ports: RouteOutcomesPorts) => {
  const owed = new Map<string, Duty>();
  return async (sessions: readonly SessionRecord[]): Promise<void> => {
    const duties = dutiesOf(sessions);
    const all = new Map([...owed, ...duties]);
    owed.clear();
    const failures = new Map<string, unknown>();
    await Promise.all(
      [...all].map(async ([key, duty]) => {
        try {
          await within(ports.clock, setLimitMs, judgeSet(ports, duty), () => tooSlow(key));
        } catch (error) {
          failures.set(key, error);
          if (owed.size < mostOwed) owed.set(key, { ...duty, changes: [] });
          ports.log.error('set-not-judged', {
            version_set: key,
            error: error instanceof Error ? error : String(error),
          });
        }
      }),
    );
    const [failure] = failures.values();
    if (duties.size > 0 && [...duties.keys()].every((key) => failures.has(key))) throw failure;
  };
};

const tooSlow = (set: string): LastgoodError =>
  new LastgoodError('timeout', `${set} was not judged within ${setLimitMs} ms; it goes on`, { retryable: true });

const judgeSet = async (ports: RouteOutcomesPorts, { service, set, changes }: Duty): Promise<void> => {
  const head = await ports.heads.read(service, set);
  if (head === undefined) return;
  if (head.candidate) await ports.judgeCandidate(head, head.candidate, changes);
  if (changes.length === 0 || changes.some(saysOfStable)) await ports.watchHoldback(head, changes);
};

/** Ends on either arm of what is watched after a promotion; a set that is owed a judgement may have had one. */
const saysOfStable = ({ assignment, result }: SessionRecord): boolean =>
  result !== undefined && assignment.arm !== 'candidate' && !assignment.probe;

/** Sessions by service and version set, in the order of the stream. */
const dutiesOf = (sessions: readonly SessionRecord[]): ReadonlyMap<string, Duty> => {
  const duties = new Map<string, Duty & { readonly changes: SessionRecord[] }>();
  for (const session of sessions) {
    const { service, set } = session.assignment;
    const key = `${service}/${set}`;
    const duty = duties.get(key) ?? { service, set, changes: [] };
    duty.changes.push(session);
    duties.set(key, duty);
  }
  return duties;
};
