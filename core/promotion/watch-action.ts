import { type Raised, raisedText } from '../canary/raised.ts';
import type { Verdict } from '../canary/verdict.ts';
import type { Head } from '../version-set/head.ts';
import { activeHoldback } from '../version-set/holdback.ts';

/** What is known of a stable release at one moment. */
export interface WatchSituation {
  readonly head: Head;
  readonly nowMs: number;
  /** What the suspicion raises now. */
  readonly raised: readonly Raised[];
  /** Of the comparison with the holdback; undefined while that rests. */
  readonly verdict: Pick<Verdict, 'verdict' | 'reason'> | undefined;
}

export type WatchAction =
  | { readonly kind: 'none' }
  /** Half of the new callers go to last-good. */
  | { readonly kind: 'suspect'; readonly reason: string }
  /** Looks worse, and there is nowhere to move callers: for people. */
  | { readonly kind: 'page'; readonly reason: string }
  /** Shown no worse than last-good: they return. */
  | { readonly kind: 'clear'; readonly reason: string }
  /** Shown worse than last-good: all go back. */
  | { readonly kind: 'roll-back'; readonly reason: string }
  /** The watch time is over. */
  | { readonly kind: 'end-holdback'; readonly reason: string };

/**
 * What happens to a stable release: pure. Two arms side by side decide; a measured baseline, which a shared outage breaks as well, only
 * moves callers towards last-good, and what was not measured moves nobody (invariant 13).
 */
export const watchAction = ({ head, nowMs, raised, verdict }: WatchSituation): WatchAction => {
  const holdback = activeHoldback(head);
  if (verdict?.verdict === 'abort') return { kind: 'roll-back', reason: verdict.reason };
  if (holdback?.suspected) {
    const returns = verdict?.verdict === 'promote' && head.frozen === undefined;
    return returns ? { kind: 'clear', reason: verdict.reason } : { kind: 'none' };
  }
  if (raised.length > 0) return moved(head, raisedText(raised));
  if (holdback && head.frozen === undefined && nowMs >= Date.parse(holdback.until)) {
    const hours = Math.round((Date.parse(holdback.until) - Date.parse(holdback.startedAt)) / 3_600_000);
    return {
      kind: 'end-holdback',
      reason: `the watch time is over; last-good was compared for the last ${hours} h of it`,
    };
  }
  return { kind: 'none' };
};

const moved = ({ candidate, holdback }: Head, reason: string): WatchAction => {
  if (candidate)
    return { kind: 'page', reason: `${reason}; a canary runs, which compares two releases already, so calls stay` };
  if (!holdback) return { kind: 'page', reason: `${reason}; no other release is known to be good, so calls stay` };
  return { kind: 'suspect', reason };
};
