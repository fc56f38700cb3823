import { LastgoodError } from '#core/errors.ts';
import { serviceOf } from '#core/org/services.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import type { PromotionId } from '#core/words/ids.ts';
import { type Live, pauseLive } from './bring-up.ts';
import { sessionsSince } from './load.ts';
import { production } from './promote.ts';

/** A canary that was aborted, by its history and its session records. Moments are epoch milliseconds. */
export interface AbortedCanary {
  readonly startedAtMs: number;
  /** When the head was written. */
  readonly flippedAtMs: number;
  /** Who wrote it: `lambda:weigh-outcome`, `alarm:<name>`, `lambda:abort`. */
  readonly by: string;
  /** Sessions from the start of the canary on, on both arms. */
  readonly sessions: readonly SessionRecord[];
  readonly lastCandidateStartMs: number;
}

/** New sessions on the candidate stop within a second; this is long enough to see one that did not. */
const watchMs = 4_000;
const historyEntries = 20;

/**
 * Waits for the stragglers, then reads how a canary ended.
 * @throws LastgoodError `internal` when its abort is not in the history or no session ever met it
 */
export const abortedCanary = async (
  live: Live,
  serviceName: string,
  promotionId: PromotionId,
): Promise<AbortedCanary> => {
  await pauseLive(live, watchMs);
  const service = serviceOf(live.access.org, serviceName);
  const own = (await live.access.history.list(service, production, historyEntries)).filter(
    (entry) => entry.promotionId === promotionId,
  );
  const start = own.find(({ kind }) => kind === 'start-canary');
  const abort = own.find(({ kind }) => kind === 'abort');
  if (!start || !abort) {
    const what = own.map(({ kind, reason }) => `${kind} (${reason})`).join(', ') || 'nothing';
    const how = (await live.access.promotions.get(promotionId))?.end?.reason ?? 'unknown';
    throw new LastgoodError(
      'internal',
      `promotion ${promotionId} of the bench was not aborted: its history has ${what}; it ended with: ${how}`,
    );
  }
  const sessions = await sessionsSince(live, serviceName, new Date(start.at));
  const onCandidate = sessions.filter(
    ({ assignment }) => assignment.promotionId === promotionId && assignment.arm === 'candidate',
  );
  const last = onCandidate.at(-1);
  if (last === undefined) throw new LastgoodError('internal', `no caller met the candidate of ${promotionId}`);
  return {
    startedAtMs: Date.parse(start.at),
    flippedAtMs: Date.parse(abort.at),
    by: abort.by,
    sessions,
    lastCandidateStartMs: Date.parse(last.assignment.startedAt),
  };
};

/** When each failed call of the candidate was over, in their order: what callers were harmed by. Epoch milliseconds. */
export const candidateFailures = ({ sessions }: AbortedCanary): readonly number[] =>
  sessions
    .flatMap(({ assignment: { arm, probe }, result }) =>
      arm === 'candidate' && !probe && result?.outcome === 'failed' && result.lost === undefined
        ? [Date.parse(result.endedAt)]
        : [],
    )
    .toSorted((one, other) => one - other);
