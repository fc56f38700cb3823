import { type Clock, timestampOf } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import { type ReleaseId, shortId } from '#core/words/digest.ts';
import type { Command } from '#core/version-set/command.ts';
import type { Head } from '#core/version-set/head.ts';
import { stateOf } from '#core/version-set/state-rules.ts';
import type { TransitionResult } from '#core/version-set/transition.ts';

/** What synthetic callers saw, as far as a drill judges it. */
export interface DrillCalls {
  readonly placed: number;
  readonly outcomes: Readonly<Record<'refused' | 'dropped' | 'failed', number>>;
  readonly calls: readonly { readonly outcome: string; readonly end: string }[];
}

/** A session that began, as its record tells. */
export interface StartedSession {
  readonly release: ReleaseId;
  /** ISO 8601: when the edge accepted the call. */
  readonly startedAt: string;
}

/** What a drill does to the world, so that its order of steps is tested without one. */
export interface DrillPorts<Calls extends DrillCalls> {
  readonly readHead: () => Promise<Head | undefined>;
  readonly apply: (command: Command) => Promise<TransitionResult>;
  /** Places probe calls at the hosts of one release, whatever the head says. */
  readonly probe: (release: ReleaseId) => Promise<Calls>;
  /** Starts callers that ring until they are stopped. */
  readonly startLoad: () => { stop(): Promise<Calls> };
  readonly sessionsSince: (at: Date) => Promise<readonly StartedSession[]>;
  readonly clock: Pick<Clock, 'now'>;
  readonly pause: (ms: number) => Promise<void>;
}

export interface DrillOptions {
  readonly service: string;
  readonly set: string;
  /** Times that new calls go to last-good and come back. */
  readonly rounds: number;
  /** How long to watch new sessions after each flip. @default 5000 */
  readonly watchMs?: number;
  /** Called with what happens, one line each. */
  readonly onStep?: (line: string) => void;
}

export interface Flip {
  readonly from: ReleaseId;
  readonly to: ReleaseId;
  /** ISO 8601, just before the head was written. */
  readonly decidedAt: string;
  /** Duration of the write itself. */
  readonly writeMs: number;
  /** Decision to the last new session on `from`; 0 when none started after it. */
  readonly lastOldSessionMs: number;
  /** New sessions on `to` while watching. 0 proves nothing: the flip was not seen by any caller. */
  readonly newSessions: number;
}

export interface DrillReport<Calls extends DrillCalls> {
  readonly stable: ReleaseId;
  readonly lastGood: ReleaseId;
  readonly probe: Calls;
  readonly flips: readonly Flip[];
  readonly load: Calls;
}

/**
 * Proves that last-good would carry the calls (S10): probes it with synthetic calls, then moves new calls from stable to
 * last-good and back, under load, and measures. Stable is stable again at the end, also when the drill fails.
 * @throws LastgoodError `transition-refused` in the middle of a promotion, on a frozen set, or without a last-good;
 * `pool-not-ready` when a probe call to last-good does not complete: nothing is moved then
 */
export const runDrill = async <Calls extends DrillCalls>(
  ports: DrillPorts<Calls>,
  options: DrillOptions,
): Promise<DrillReport<Calls>> => {
  const { service, set, rounds, watchMs = 5_000, onStep = () => {} } = options;
  const head = drillable(await ports.readHead(), `${service}/${set}`);
  const { stable, lastGood } = head;
  onStep(`probing last-good ${shortId(lastGood)}`);
  const probe = await probeLastGood(ports, service, lastGood);
  const load = ports.startLoad();
  const flips: Flip[] = [];
  try {
    await ports.pause(watchMs);
    for (let n = 1; n <= rounds; n += 1) {
      onStep(`round ${n} of ${rounds}: ${shortId(stable)} → ${shortId(lastGood)} → ${shortId(stable)}`);
      flips.push(...(await round(ports, `${service}/${set}`, head, watchMs)));
    }
    return { stable, lastGood, probe, flips, load: await load.stop() };
  } catch (error) {
    await load.stop();
    throw error;
  }
};

/** Only a settled head with a last-good is drilled: in the middle of a promotion a flip would end it. */
const drillable = (head: Head | undefined, name: string): Head => {
  if (head === undefined) throw refuse(`${name} has no release yet: there is nothing to drill`);
  const state = stateOf(head);
  if (state === 'canary' || state === 'frozen-canary') {
    throw refuse(
      `promotion ${head.candidate?.promotionId} runs on ${name}, and a drill would abort it; wait for its end, then drill`,
    );
  }
  if (state === 'frozen') throw refuse(`${name} is frozen ("${head.frozen?.reason}"); unfreeze it before a drill`);
  if (head.lastGood === head.stable)
    throw refuse(`${name} has no last-good beside ${shortId(head.stable)}: promote a second release, then drill`);

  return head;
};

const refuse = (message: string): LastgoodError => new LastgoodError('transition-refused', message);

const probeLastGood = async <Calls extends DrillCalls>(
  { probe }: DrillPorts<Calls>,
  service: string,
  lastGood: ReleaseId,
): Promise<Calls> => {
  const calls = await probe(lastGood);
  if (calls.placed > 0 && calls.outcomes.refused + calls.outcomes.dropped + calls.outcomes.failed === 0) return calls;
  const first = calls.calls.find((call) => ['refused', 'dropped', 'failed'].includes(call.outcome));
  throw new LastgoodError(
    'pool-not-ready',
    `last-good ${shortId(lastGood)} of ${service} did not carry its probe calls (${first?.end ?? 'none was placed'}); ` +
      'a roll-back would go there: look at its pool before anything else',
  );
};

const round = async (
  ports: DrillPorts<DrillCalls>,
  name: string,
  head: Head,
  watchMs: number,
): Promise<readonly Flip[]> => {
  const { stable, lastGood } = head;
  const current = drillable(await ports.readHead(), name);
  if (current.stable !== stable || current.lastGood !== lastGood)
    throw refuse(`the drill stopped: somebody moved ${name} to ${shortId(current.stable)} meanwhile`);

  const reason = 'rollback drill';
  const away = { kind: 'roll-back', from: stable, reason, drill: true, expectedRevision: current.revision } as const;
  const flips: Flip[] = [];
  try {
    flips.push(await flipOnce(ports, away, { from: stable, to: lastGood }, watchMs));
    flips.push(await flipOnce(ports, restoreCommand(stable), { from: lastGood, to: stable }, watchMs));
  } catch (error) {
    return giveBack(ports, stable, error);
  }
  return flips;
};

const flipOnce = async (
  ports: DrillPorts<DrillCalls>,
  command: Command,
  { from, to }: Pick<Flip, 'from' | 'to'>,
  watchMs: number,
): Promise<Flip> => {
  const decidedMs = ports.clock.now();
  const result = await ports.apply(command);
  if (result.kind === 'refused') throw refuse(`the drill stopped: ${result.reason}`);
  const writeMs = ports.clock.now() - decidedMs;
  await ports.pause(watchMs);
  const sessions = await ports.sessionsSince(new Date(decidedMs));
  const agesOf = (release: ReleaseId): number[] =>
    sessions
      .filter((session) => session.release === release)
      .map((session) => Date.parse(session.startedAt) - decidedMs)
      .filter((age) => age > 0);
  return {
    from,
    to,
    decidedAt: timestampOf(decidedMs),
    writeMs,
    lastOldSessionMs: Math.max(0, ...agesOf(from)),
    newSessions: agesOf(to).length,
  };
};

const restoreCommand = (stable: ReleaseId): Command => ({
  kind: 'restore',
  release: stable,
  reason: 'end of the rollback drill',
});

/** Puts stable back after a flip that went wrong; says so when it cannot. */
const giveBack = async (ports: DrillPorts<DrillCalls>, stable: ReleaseId, cause: unknown): Promise<never> => {
  const result = await ports.apply(restoreCommand(stable)).catch((error: unknown) => error);
  const isBack = typeof result === 'object' && result !== null && 'head' in result;
  if (isBack) throw cause;
  throw new LastgoodError(
    'transition-refused',
    `the drill failed (${String(cause)}) and could not make ${shortId(stable)} stable again (${
      result instanceof Error ? result.message : JSON.stringify(result)
    }): new calls may still run on last-good; look at \`lastgood status\` and promote ${shortId(stable)} if they do`,
    { cause },
  );
};
