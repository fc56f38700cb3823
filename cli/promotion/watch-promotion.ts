import { type Clock, pause } from '#core/clock.ts';
import { odds } from '#core/canary/reason.ts';
import { LastgoodError } from '#core/errors.ts';
import type { PromotionEnd } from '#core/promotion/promotion-store.ts';
import type { Observation } from '#operations/canary/observe-promotion.ts';

export interface Watch {
  readonly observe: () => Promise<Observation>;
  /** One line, each time something is known anew. */
  readonly tell: (line: string) => void;
  readonly clock: Clock;
  /** Aborted when the user stops watching. */
  readonly signal: AbortSignal;
}

/** A look reads every call of the canary, so long looks come further apart: at most a tenth of the time is reading. */
const pauseAfter = (lookMs: number): number => Math.min(Math.max(1_000, 9 * lookMs), 60_000);

/** How long an ended execution may leave its promotion without an end: the record is written in its last steps. */
const graceMs = 15_000;

/** Failures of AWS in a row that are taken for a passing trouble: watching must not end because of one. */
const maxFailures = 10;

/**
 * Follows a promotion to its end. It only looks: whoever stops watching stops nothing else.
 * @returns undefined when the user stopped watching
 * @throws LastgoodError `aws-failed` when the execution ended and nobody recorded how
 */
export const watchPromotion = async ({ observe, tell, clock, signal }: Watch): Promise<PromotionEnd | undefined> => {
  let lostSince: number | undefined;
  let failures = 0;
  while (!signal.aborted) {
    const startedMs = clock.now();
    try {
      const observation = await observe();
      failures = 0;
      tell(progressLine(observation));
      if (observation.end) return observation.end;
      if (observation.lost === undefined) lostSince = undefined;
      else lostSince ??= clock.now();
      if (lostSince !== undefined && clock.now() - lostSince >= graceMs)
        throw new LastgoodError('aws-failed', `the promotion has no end: ${observation.lost}; see lastgood status`);
    } catch (error) {
      failures += 1;
      const isPassing = error instanceof LastgoodError && error.retryable && failures <= maxFailures;
      if (!isPassing) throw error;
      tell(`cannot look (${error.message}); trying again`);
    }
    await pause(clock, pauseAfter(clock.now() - startedMs), signal);
  }
  return undefined;
};

/** `Analyze · 25 % · candidate 9 of 61 bad, stable 31 of 1190 · E 34:1 worse, 1:9 no worse · hold` */
export const progressLine = ({ state, weightPercent, verdict, end, lost }: Observation): string => {
  if (end) return `${end.outcome}: ${end.reason}`;
  const step = state ?? (lost === undefined ? 'starting' : lost);
  if (!verdict) return step;
  const { candidate, stable } = verdict.metrics.errorRate;
  return [
    step,
    `${weightPercent} %`,
    `candidate ${candidate.bad} of ${candidate.n} failed, stable ${stable.bad} of ${stable.n}`,
    `E ${odds(verdict.logEAbort)} worse, ${odds(verdict.logEPromote)} no worse, ${odds(verdict.logThreshold)} decides`,
    verdict.verdict,
  ].join(' · ');
};
