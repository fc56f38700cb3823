import { phoneFrameMs } from '#core/audio/mulaw.ts';
import type { Clock } from '#core/clock.ts';

/** Calls start at any time; one timer at this period serves them all within a fraction of a frame. */
const timerMs = 5;

export interface Pace {
  /**
   * Calls `onFrame(0)` at once and `onFrame(n)` at 20·n ms from now. A late timer is made up for, never accumulated: the
   * n-th frame comes at its time or as soon after as the process gets to run, in order and exactly once.
   * @returns a function that ends it
   */
  readonly start: (onFrame: (index: number) => void) => () => void;
  /** The worst lateness of a frame since the last reading, in ms: above 20 the machine could not keep real time. */
  readonly takeWorstLatenessMs: () => number;
}

interface Stream {
  readonly startedAt: number;
  readonly onFrame: (index: number) => void;
  sent: number;
}

/** The drift-free schedule of all calls in this process: one timer, whatever their number; none while there is no call. */
export const createPace = (clock: Clock): Pace => {
  const streams = new Set<Stream>();
  let cancelTimer: (() => void) | undefined;
  let worstLatenessMs = 0;

  const serve = (stream: Stream, now: number): void => {
    while (streams.has(stream)) {
      const lateMs = now - (stream.startedAt + stream.sent * phoneFrameMs);
      if (lateMs < 0) return;
      worstLatenessMs = Math.max(worstLatenessMs, lateMs);
      stream.onFrame(stream.sent++);
    }
  };
  const arm = (now: number): void => {
    cancelTimer = clock.after(timerMs - (now % timerMs), () => {
      const time = clock.now();
      for (const stream of streams) serve(stream, time);
      cancelTimer = undefined;
      if (streams.size > 0) arm(clock.now());
    });
  };

  return {
    start: (onFrame) => {
      const now = clock.now();
      const stream: Stream = { startedAt: now, onFrame, sent: 0 };
      streams.add(stream);
      serve(stream, now);
      if (cancelTimer === undefined && streams.size > 0) arm(now);
      return () => {
        streams.delete(stream);
        if (streams.size > 0) return;
        cancelTimer?.();
        cancelTimer = undefined;
      };
    },
    takeWorstLatenessMs: () => {
      const worst = worstLatenessMs;
      worstLatenessMs = 0;
      return worst;
    },
  };
};
