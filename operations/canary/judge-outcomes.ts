import type { SessionRecord } from '#core/session/session-record.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import type { watchStable } from '../stable/watch-stable.ts';
import type { judgeCandidate } from './judge-candidate.ts';

export interface JudgeOutcomesPorts {
  readonly heads: Pick<HeadStore, 'read'>;
  readonly judgeCandidate: ReturnType<typeof judgeCandidate>;
  readonly watchStable: ReturnType<typeof watchStable>;
}

/**
 * The in-band path to the flip: the outcome of the deciding call brings the judgement and the write. Start rows matter, too:
 * an open call holds its place in the order.
 */
export const judgeOutcomes =
  (ports: JudgeOutcomesPorts) =>
  async (sessions: readonly SessionRecord[]): Promise<void> => {
    for (const changes of bySet(sessions)) {
      const [first] = changes;
      if (first === undefined) continue;
      const { service, set } = first.assignment;
      const head = await ports.heads.read(service, set);
      if (head === undefined) continue;
      if (head.candidate) await ports.judgeCandidate(head, head.candidate, changes);
      if (changes.some((change) => endedOnStable(change, head))) await ports.watchStable(head);
    }
  };

const endedOnStable = ({ assignment, result }: SessionRecord, head: Head): boolean =>
  result !== undefined && assignment.release === head.stable && !assignment.probe;

/** Sessions grouped by service and version set, in the order of the stream. */
const bySet = (sessions: readonly SessionRecord[]): readonly (readonly SessionRecord[])[] => {
  const groups = new Map<string, SessionRecord[]>();
  for (const session of sessions) {
    const key = `${session.assignment.service}#${session.assignment.set}`;
    groups.set(key, [...(groups.get(key) ?? []), session]);
  }
  return [...groups.values()];
};
