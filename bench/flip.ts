import { randomBytes } from 'node:crypto';
import { percentilesOf } from '#callers/report.ts';
import { createSpeech } from '#callers/speech.ts';
import { LastgoodError } from '#core/errors.ts';
import { serviceOf } from '#core/org/services.ts';
import type { Command } from '#core/version-set/command.ts';
import type { Head } from '#core/version-set/head.ts';
import { PromotionId } from '#core/words/ids.ts';
import { type Bench, type BenchContext, reportedRow, type Row, targetRow } from './harness.ts';
import { publishVersion, ringAndListen } from './live/bench-agent.ts';
import { bringUp, type Live, pauseLive } from './live/bring-up.ts';
import { loadRows, sessionsSince, startLoad } from './live/load.ts';
import { wavedThrough } from './live/plans.ts';
import { production, promotionEnded, putOnline, startPromotion } from './live/promote.ts';

const service = 'appointments';
const flips = 20;
const callsPerSecond = 6;
/** Time for callers to meet the candidate before the decision, and to show that they no longer do after it. */
const exposedMs = 3_000;
const watchMs = 2_500;
const edgeReadMs = 500;
const setUpSteps = 6;

interface Flip {
  /** Decision to the last new session on the candidate; 0 when none started after it. */
  readonly ms: number;
  readonly writeMs: number;
  readonly candidateSessionsBefore: number;
  readonly sessionsAfter: number;
}

const move = async ({ access }: Live, command: Command): Promise<Head> => {
  const result = await access.heads.apply(serviceOf(access.org, service), production, command, { by: 'bench' });
  if (result.kind !== 'refused') return result.head;
  throw new LastgoodError('transition-refused', `the bench could not ${command.kind}: ${result.reason}`);
};

/**
 * One canary of half the callers, and its abort. The candidate is last-good, whose pool is warm: what is measured is the
 * pointer and its readers, not the making of a pool.
 */
const flipOnce = async (live: Live): Promise<Flip> => {
  const promotionId = PromotionId.parse(randomBytes(16).toString('hex'));
  const head = await live.access.heads.read(serviceOf(live.access.org, service), production);
  if (head === undefined) throw new LastgoodError('internal', 'the bench lost its head');
  const startedAt = new Date();
  await move(live, {
    kind: 'start-canary',
    promotionId,
    release: head.lastGood,
    weightPercent: 50,
    exposureUntil: new Date(Date.now() + 60_000).toISOString(),
    seenRevision: head.revision,
    reason: 'bench',
  });
  // The decision falls anywhere between two reads of an edge.
  await pauseLive(live, exposedMs + Math.random() * edgeReadMs);
  const decidedAt = Date.now();
  await move(live, { kind: 'abort', promotionId, reason: 'bench' });
  const writeMs = Date.now() - decidedAt;
  await pauseLive(live, watchMs);
  const sessions = await sessionsSince(live, service, startedAt);
  const ages = sessions.map(({ assignment }) => ({
    onCandidate: assignment.promotionId === promotionId && assignment.arm === 'candidate',
    ms: Date.parse(assignment.startedAt) - decidedAt,
  }));
  return {
    ms: Math.max(0, ...ages.filter(({ onCandidate }) => onCandidate).map(({ ms }) => ms)),
    writeMs,
    candidateSessionsBefore: ages.filter(({ onCandidate, ms }) => onCandidate && ms <= 0).length,
    sessionsAfter: ages.filter(({ ms }) => ms > 0).length,
  };
};

const measure = async (live: Live, { progress }: BenchContext): Promise<readonly Row[]> => {
  const total = setUpSteps + flips;
  const speech = createSpeech();
  const load = startLoad(live, { service, rate: callsPerSecond, scenario: ringAndListen, speech });
  const measured: Flip[] = [];
  try {
    const second = await publishVersion(live, { service, version: '1.1' });
    const ended = await promotionEnded(live, await startPromotion(live, service, second, wavedThrough));
    const head = await live.access.heads.read(serviceOf(live.access.org, service), production);
    if (head?.stable !== second.release)
      throw new LastgoodError('internal', `the second release was not promoted: ${ended}`);
    for (let n = 1; n <= flips; n += 1) {
      const flip = await flipOnce(live);
      measured.push(flip);
      progress(setUpSteps + n, total, `flips, the last one took ${flip.ms} ms`);
    }
  } finally {
    await load.stop();
    await speech.close();
  }
  const report = await load.stop();
  const times = percentilesOf(measured.map(({ ms }) => ms));
  const unseen = measured.filter((flip) => flip.candidateSessionsBefore === 0 || flip.sessionsAfter === 0).length;
  return [
    targetRow('decision to last new session on the candidate, p99', 'ms', times?.p99 ?? Number.NaN, '<=', 1_000),
    reportedRow('decision to last new session on the candidate, p50', 'ms', times?.p50 ?? Number.NaN),
    reportedRow(
      'the write of the decision, p99',
      'ms',
      percentilesOf(measured.map((f) => f.writeMs))?.p99 ?? Number.NaN,
    ),
    targetRow('flips under load', 'flips', measured.length - unseen, '>=', flips),
    ...loadRows(report),
  ];
};

/** From the moment of the decision, write included, to the last call that an edge sent to the candidate (invariant 6). */
export const bench: Bench = {
  name: 'flip',
  run: async (context) => {
    let step = 0;
    const onStep = (text: string): void => context.progress((step += 1), setUpSteps + flips, text);
    const live = await bringUp({ warmProcesses: 12, onStep, context });
    try {
      onStep('putting two releases online');
      await putOnline(live, service, await publishVersion(live, { service, version: '1.0' }));
      return await measure(live, context);
    } finally {
      await live.close();
    }
  },
};
