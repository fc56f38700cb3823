import { join } from 'node:path';
import type { Clock } from '#core/clock.ts';
import type { Random } from '#core/random.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import { type ReleaseId, shortId } from '#core/words/digest.ts';
import { readScenarios } from '#callers/scenario.ts';
import type { OrgAccess } from '../org/org-access.ts';
import { publishRelease } from '#operations/release/publish-release.ts';
import { type AgentVersion, agentVersions, buildVersion } from './agent-versions.ts';
import { type CandidateCalls, candidateCalls, flipOf } from './candidate-calls.ts';
import type { TourReport } from './report.ts';
import type { Screen } from '../terminal/screen.ts';
import { diffText, followPromotion } from './follow-promotion.ts';
import { countCalls, sessionStarts, startTraffic } from './traffic.ts';

export interface TourOptions {
  readonly orgs: readonly OrgAccess[];
  /** The org where releases are promoted; the others must not move. */
  readonly stage: OrgAccess;
  readonly service: ServiceName;
  readonly set: SetName;
  /** Folder of the example agents. */
  readonly examples: string;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
}

/** What happened; the report less what only its caller can measure. */
export type Toured = Omit<TourReport, 'leftoverProcesses' | 'wallSeconds' | 'orgs'>;

/** New calls per second: enough for verdicts in seconds on the stage, a trickle elsewhere to show that calls go on. */
const callsPerSecond = { stage: 1.2, elsewhere: 0.2 } as const;

/** Publishes and promotes three versions under live calls, and says what happens. */
export const giveTour = async (options: TourOptions): Promise<Toured> => {
  const { orgs, stage, service, set, examples, screen, signal, clock, random } = options;
  screen.heading(`Version ${agentVersions.first.version} goes to every org: it ${agentVersions.first.change}`);
  const stable = await startOnFirst(options);

  screen.heading('Callers come');
  const others = orgs.filter((access) => access !== stage);
  const before = await revisions(others, service, set);
  const scenarios = await readScenarios(join(examples, 'clinic', 'callers'));
  const traffic = startTraffic(
    orgs.map((access) => ({
      access,
      service,
      rate: access === stage ? callsPerSecond.stage : callsPerSecond.elsewhere,
    })),
    scenarios,
    { clock, random, signal },
  );
  await traffic.firstAnswer;
  screen.good(`The first call was answered; ${scenarios.length} kinds of callers keep coming to every org.`);

  const worse = await releaseUnderCalls(agentVersions.worse, stable, options);
  const flip = await flipOf(stage, { service, set }, worse.calls);
  if (flip.ms !== null) screen.good(flipText(flip.ms));
  const better = await releaseUnderCalls(agentVersions.better, stable, options);

  if (better.entry.outcome === 'promoted') await showHoldback(options);

  screen.heading('The last callers hang up');
  await traffic.stop();
  const calls = countCalls(traffic.ended);
  const untouchedOrgRevisionChanges = (await revisions(others, service, set)) - before;
  screen.line(`${calls.placed} calls: ${calls.completed} completed, ${calls.failed} failed, ${calls.dropped} dropped.`);
  for (const { org } of others) screen.line(`${org.name} never moved: ${untouchedOrgRevisionChanges} transitions.`);
  return {
    releases: [worse.entry, better.entry],
    calls,
    flip,
    sessionStartMs: sessionStarts(traffic.ended),
    untouchedOrgRevisionChanges,
  };
};

const startOnFirst = async (options: TourOptions): Promise<ReleaseId> => {
  const { orgs, service, set, examples, screen, signal, clock } = options;
  const build = await buildVersion(examples, agentVersions.first);
  for (const access of orgs) await publish(access, build, clock);
  screen.good(`Published as release ${shortId(build.id)}, the same id in every org.`);
  await Promise.all(
    orgs.map(async (access) => {
      const request = { service, set, release: build.id, plan: 'blue-green' };
      const { outcome, reason } = await followPromotion(access, request, { screen, signal, clock });
      if (outcome === 'promoted') screen.good(`${access.org.name} serves it.`);
      else screen.bad(`${access.org.name} did not take it: ${reason}`);
    }),
  );
  return build.id;
};

/** After the promotion the comparison goes on with the roles changed. */
const showHoldback = async ({ stage, service, set, screen }: TourOptions): Promise<void> => {
  const holdback = (await stage.heads.read(service, set))?.holdback;
  if (!holdback) return;
  screen.line(
    `${holdback.weightPercent} % of callers stay on last-good until ${holdback.until}: a release that turns bad later is compared with them.`,
  );
};

interface Watched {
  readonly entry: TourReport['releases'][number];
  readonly calls: CandidateCalls;
}

/** Publishes a version on the stage, promotes it under live calls, and shows who met it, why it ended so, and what changed. */
const releaseUnderCalls = async (version: AgentVersion, from: ReleaseId, options: TourOptions): Promise<Watched> => {
  const { stage, service, set, examples, screen, signal, clock } = options;
  screen.heading(`Version ${version.version} on ${stage.org.name}: it ${version.change}`);
  const { id, ...build } = await buildVersion(examples, version);
  await publish(stage, { id, ...build }, clock);
  screen.good(`Published as release ${shortId(id)}; promoting it with the plan "tour".`);
  const request = { service, set, release: id, plan: 'tour' };
  const { promotionId, outcome, reason } = await followPromotion(stage, request, { screen, signal, clock });
  const calls = await candidateCalls(stage, { service, set }, promotionId);
  const verdict = `${version.version} was ${outcome}: ${reason}`;
  if (outcome === 'promoted') screen.good(verdict);
  else screen.bad(verdict);
  screen.line(`${calls.started.length} callers met it: ${calls.summary}`);
  screen.line(`The exact difference from ${agentVersions.first.version}:`);
  screen.block(await diffText(stage, from, id));
  screen.line(`The whole story: npm run -s lastgood -- why ${promotionId} --org ${stage.org.name}`);
  const entry = { version: version.version, id, outcome, candidateCalls: calls.started.length, reason };
  return { entry, calls };
};

const publish = (access: OrgAccess, build: Awaited<ReturnType<typeof buildVersion>>, clock: Clock) =>
  publishRelease(access, build, { by: 'tour', clock });

const revisions = async (orgs: readonly OrgAccess[], service: ServiceName, set: SetName): Promise<number> => {
  const heads = await Promise.all(orgs.map((access) => access.heads.read(service, set)));
  return heads.reduce((sum, head) => sum + (head?.revision ?? 0), 0);
};

const flipText = (ms: number): string =>
  ms <= 0
    ? 'One write moved the head; no caller met it after that.'
    : `One write moved the head; the last caller who still met it came ${Math.round(ms)} ms later.`;
