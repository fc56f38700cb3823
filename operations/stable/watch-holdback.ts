import { raisedText } from '#core/canary/raised.ts';
import type { CallRecord } from '#core/session/call-records.ts';
import { type WatchAction, watchAction } from '#core/promotion/watch-action.ts';
import type { Head } from '#core/version-set/head.ts';
import { activeHoldback } from '#core/version-set/holdback.ts';
import { holdbackComparison } from '../canary/comparison.ts';
import type { judge } from '../canary/judge.ts';
import { pageRecovered } from '../paging/page-recovered.ts';
import { pageUnhealthy, type PageStablePorts } from '../paging/page-unhealthy.ts';
import { type Look, lookAtStable, type LookAtStablePorts } from './look-at-stable.ts';
import { type Compared, moveWatched, type MoveWatchedPorts, verdictAfterPromotion } from './move-watched.ts';
import { openWatch, type OpenWatchPorts, type Watch } from './open-watch.ts';

export type WatchHoldbackPorts = OpenWatchPorts &
  LookAtStablePorts &
  MoveWatchedPorts &
  PageStablePorts & { readonly judge: ReturnType<typeof judge> };

/** What a warm function remembers of a set. */
interface Seat {
  readonly watch: Watch;
  /** When it last looked, epoch milliseconds. */
  lookedMs: number;
}

/** A look reads what is new, which is not worth it with every outcome. */
const lookEveryMs = 5_000;
/** An org has one per service and name. */
const mostSeats = 100;

/**
 * Watches the stable release of a set after its promotion (S11, X6). Its measured baseline suspects it, and then half of the callers meet
 * last-good, side by side with the others; only what is measured there goes back, bars a release, or lets the callers return.
 */
export const watchHoldback = (ports: WatchHoldbackPorts) => {
  const seats = new Map<string, Seat>();
  return async (head: Head, changes: readonly CallRecord[]): Promise<void> => {
    const seat = await seatOf(ports, seats, head);
    const nowMs = ports.clock.now();
    const compared = await compare(ports, head, seat.watch, changes);
    const isDue = nowMs - seat.lookedMs >= lookEveryMs;
    const look = isDue ? await lookAtStable(ports, head, seat.watch) : undefined;
    if (isDue) seat.lookedMs = nowMs;
    const raised = look?.suspicion.raise() ?? [];
    const verdict = compared && verdictAfterPromotion(compared);
    const action = watchAction({ head, nowMs, raised, verdict });
    if (action.kind === 'page') await page(ports, head, action.reason);
    else if (action.kind !== 'none' && head.holdback)
      await moveWatched(ports)(head, head.holdback, action, { plan: seat.watch.plan, compared });
    if (look) await tellPeople(ports, head, look, action.kind);
    // Kept last: what was raised is raised again if it could not be carried out.
    await look?.keep();
  };
};

const seatOf = async (ports: OpenWatchPorts, seats: Map<string, Seat>, head: Head): Promise<Seat> => {
  const key = `${head.service}#${head.set}`;
  const known = seats.get(key);
  if (known?.watch.release === head.stable) return known;
  const seat = { watch: await openWatch(ports, head), lookedMs: 0 };
  if (seats.size >= mostSeats) seats.clear();
  seats.set(key, seat);
  return seat;
};

/** While some callers are on last-good. */
const compare = async (
  { judge: judged }: WatchHoldbackPorts,
  head: Head,
  { plan, suspicion }: Watch,
  changes: readonly CallRecord[],
): Promise<Compared | undefined> => {
  const holdback = activeHoldback(head);
  if (holdback === undefined) return undefined;
  const comparison = holdbackComparison(head, holdback, plan, { errorRate: suspicion.baseline.errorRate });
  return { comparison, ...(await judged(comparison, { kind: 'outcomes', changes })) };
};

/** Beyond any baseline: people are told, unless they are told of more. And when it is over. */
const tellPeople = async (
  ports: WatchHoldbackPorts,
  head: Head,
  { suspicion, wasCalm }: Look,
  action: WatchAction['kind'],
): Promise<void> => {
  const passed = suspicion.alarm();
  const isTold = action !== 'none' || head.holdback?.suspected !== undefined;
  if (passed.length > 0 && !isTold) await page(ports, head, raisedText(passed));
  const returns = action === 'clear';
  if (!suspicion.isCalm() || (wasCalm && !returns) || (head.holdback?.suspected && !returns)) return;
  const { service, set, stable: release } = head;
  await pageRecovered(ports)({ service, set, release, reason: 'its calls are as they were measured before' });
};

const page = (ports: WatchHoldbackPorts, { service, set, stable: release }: Head, reason: string): Promise<void> =>
  pageUnhealthy(ports)({ service, set, reason, release });
