import { type CanaryPlan, parsePlan } from '#core/canary/plan.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { Adversary } from './adversary.ts';
import { Chance } from './chance.ts';
import { drawFaults, type Fault } from './fault.ts';
import { type Fate, type FateOf, lengthMs } from './fates.ts';
import { Invariants, type Violation } from './invariants.ts';
import { Stage, type StageSettings } from './stage.ts';

/** One history of one org, as data: everything that happens in it follows from this. */
export interface EpisodeScript {
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** Milliseconds after which callers and faults end. @default - when the last promotion is over */
  readonly untilMs?: number;
}

export interface EpisodeResult {
  readonly seed: number;
  readonly calls: number;
  readonly promotions: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly struck: Readonly<Record<string, number>>;
  readonly digest: string;
  readonly violation?: Violation & { readonly atMs: number };
  readonly lines: readonly string[];
}

const versions = 9;
const promotionLimitMs = 12 * 60_000;
const stepMs = 2_000;
/** Long enough for sweeps, schedules and retries after the last fault. */
const restMs = 6 * 60_000;
const longestCallMs = 2 * 60_000;

/** How the calls of a release go. */
interface Health {
  readonly failing: number;
  /** Milliseconds after which a call fails. @default - when it would have ended */
  readonly failsAfterMs?: number;
  /** Milliseconds since the beginning from which it fails so. */
  readonly fromMs: number;
}

const healths: readonly Health[] = [
  { failing: 0.05, fromMs: 0 },
  { failing: 0.05, fromMs: 0 },
  { failing: 0.03, failsAfterMs: 4_000, fromMs: 0 },
  { failing: 0.6, failsAfterMs: 3_000, fromMs: 0 },
  { failing: 0.35, fromMs: 0 },
  { failing: 0.15, fromMs: 0 },
  { failing: 1, failsAfterMs: 2_000, fromMs: 1 },
];

/** The faults of an episode, drawn from its seed. */
export const scriptOf = (seed: number): EpisodeScript => {
  const chance = new Chance(seed).stream('faults');
  return { seed, faults: drawFaults(chance, chance.whole(12, 40), 14 * 60_000) };
};

/** Plays an episode and holds it to the invariants after every step; it ends with the first violation. */
export const playEpisode = async ({ seed, faults, untilMs }: EpisodeScript): Promise<EpisodeResult> => {
  const adversary = new Adversary(faults);
  const stage = new Stage(settingsOf(seed, adversary));
  const { world } = stage;
  const invariants = new Invariants(stage);
  await stage.open();
  adversary.attach(stage);
  const step = async (): Promise<boolean> => {
    await world.clock.advance(stepMs);
    await invariants.check();
    return invariants.violation === undefined;
  };
  const endMs = untilMs === undefined ? Number.POSITIVE_INFINITY : world.startMs + untilMs;
  const promotions = await promoteAll(stage, step, endMs);
  stage.callers?.stop();
  adversary.rest();
  const restsMs = world.nowMs;
  const isAtRest = (): boolean =>
    world.nowMs > restsMs + (isEveryPromotionOver(stage) ? restMs : restMs + promotionLimitMs);
  while (!isAtRest() && (await step()));
  if (invariants.violation === undefined) await invariants.checkAtRest();
  stage.alarms.close();
  const { violation } = invariants;
  return {
    seed,
    calls: stage.started,
    promotions,
    outcomes: outcomesOf(stage),
    struck: Object.fromEntries(world.struck),
    digest: world.chronicle.digest(),
    ...(violation && { violation: { ...violation, atMs: world.nowMs - world.startMs } }),
    lines: violation ? world.chronicle.lines : [],
  };
};

const settingsOf = (seed: number, adversary: Adversary): StageSettings => {
  const chance = new Chance(seed).stream('settings');
  const callsPerMinute = chance.between(200, 600);
  const medianMs = chance.between(4_000, 12_000);
  const hasAlarms = chance.isTrue(0.8);
  return {
    seed,
    indexLagMs: adversary.indexLagMs,
    baselineErrorRate: 0.05,
    expectedCallsPerMinute: callsPerMinute,
    callsPerMinute: () => callsPerMinute,
    returning: 0.05,
    versions,
    edges: 2,
    shards: chance.isTrue(0.3) ? 2 : 1,
    hostsPerPool: 2,
    maxCallsPerHost: 120,
    leaseEveryMs: 4_000,
    hasAlarms,
    functionFaults: adversary.functionFaults,
    edgeSkewMs: adversary.edgeSkewMs,
    fateOf: adversary.disturbed(fatesOf(seed, medianMs)),
  };
};

/** Each release has a health of its own, drawn when its first call comes. */
const fatesOf = (seed: number, medianMs: number): FateOf => {
  const chance = new Chance(seed).stream('health');
  const known = new Map<ReleaseId, { readonly health: Health; readonly sinceMs: number }>();
  return ({ assignment: { release }, nowMs }, callChance): Fate => {
    const drawn = known.size === 0 ? healths[0] : chance.pick(healths);
    const own = known.get(release) ?? { health: drawn ?? { failing: 0, fromMs: 0 }, sinceMs: nowMs };
    known.set(release, own);
    const { failing, failsAfterMs, fromMs } = own.health;
    const isSoundYet = fromMs > 0 && nowMs < own.sinceMs + 45_000;
    const afterMs = Math.min(longestCallMs, lengthMs({ medianMs, sigma: 0.8 }, callChance));
    const failed = callChance.isTrue(isSoundYet ? 0.05 : failing);
    return failed ? { afterMs: failsAfterMs ?? afterMs, outcome: 'failed' } : { afterMs, outcome: 'completed' };
  };
};

const planOf = (chance: Chance): CanaryPlan =>
  parsePlan({
    name: 'quick',
    steps: [
      { weightPercent: chance.pick([10, 25]) ?? 25, bakeMinutes: 0.3 },
      { weightPercent: 50, bakeMinutes: chance.pick([0.3, 0.5]) ?? 0.5 },
    ],
    marginPercentagePoints: chance.pick([10, 15, 20]) ?? 15,
    outcomeWindowMinutes: chance.pick([0.5, 0.75]) ?? 0.5,
    evidenceDeadlineMinutes: 1.5,
    deadlineMinutes: 8,
    minimumCallsToAdvance: 3,
    minimumCallsToPromote: 10,
  });

/** CI brings one version after the other, each when the one before is over. @returns canaries that were asked for */
const promoteAll = async (stage: Stage, step: () => Promise<boolean>, endMs: number): Promise<number> => {
  const { world } = stage;
  const chance = world.chance.stream('ci');
  let asked = 0;
  for (let minor = 1; minor < versions; minor += 1) {
    const plan = planOf(chance);
    const pauseUntilMs = world.nowMs + chance.between(2_000, 10_000);
    while (world.nowMs < pauseUntilMs) if (world.nowMs > endMs || !(await step())) return asked;
    const input = await stage.promote(`1.${minor}`, plan).catch(() => undefined);
    if (input === undefined) continue;
    asked += 1;
    const limitMs = world.nowMs + promotionLimitMs;
    const isOver = (): boolean => world.org.promotions.records.peek(input.promotionId)?.end !== undefined;
    while (world.nowMs < limitMs && !isOver()) if (world.nowMs > endMs || !(await step())) return asked;
  }
  return asked;
};

const isEveryPromotionOver = ({ world }: Stage): boolean =>
  world.org.promotions.records.all().every(({ end }) => end !== undefined);

const outcomesOf = ({ world }: Stage): Readonly<Record<string, number>> => {
  const outcomes: Record<string, number> = {};
  for (const { end } of world.org.promotions.records.all()) {
    const outcome = end?.outcome ?? 'open';
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  return outcomes;
};
