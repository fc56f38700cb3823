import { type Clock, timestampOf } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import { type Random, randomHex } from '#core/random.ts';
import { type CallResult, holdCall } from './line.ts';
import { type Pace, createPace } from './pace.ts';
import { type CallReport, reportOf } from './report.ts';
import { type Scenario, pickerOf } from './scenario.ts';
import { type Phrase, type Speech, createSpeech } from './speech.ts';

/** Where a call connects: the edge's answer to `POST /sessions`. */
export interface SessionUrl {
  readonly url: string;
  readonly sessionId?: string;
}

export interface PlaceCallsOptions {
  /** Asks for a session for one caller. A rejection is a refused call, not an error of the whole. */
  readonly openSession: (request: { readonly callerId: string }) => Promise<SessionUrl>;
  /** What callers say; the n-th caller takes one of them in proportion to its share. */
  readonly scenarios: readonly Scenario[];
  /** Calls to place, at most 100,000. @default - until a signal is aborted, or 100,000 */
  readonly count?: number;
  /** New calls per second, evenly spaced. @default - as soon as one of `concurrency` is free */
  readonly rate?: number;
  /** Calls at the same time. A call whose turn has come waits for a free one. @default 10 */
  readonly concurrency?: number;
  /** Aborted: places no more, and live callers hang up. */
  readonly signal?: AbortSignal;
  /** Aborted: places no more, and live calls go on to their end. */
  readonly lastCall?: AbortSignal;
  /** A call is over. */
  readonly onCall?: (result: CallResult) => void;
  /** Caller of the n-th call: the unit of assignment. @default - each call has a caller of its own */
  readonly callerId?: (index: number) => string;
  /** Picks scenarios and names streams. */
  readonly random: Random;
  /** Shared by several runs so that a phrase is synthesized once. @default - an own one, closed at the end */
  readonly speech?: Speech;
  /** Keeps the pace and measures: a monotonic one. */
  readonly clock: Clock;
  /** @default - one of `clock` */
  readonly pace?: Pace;
}

const maxConcurrency = 2_000;
/** Every result is kept for the report. */
const maxCalls = 100_000;

interface OneCall {
  readonly callerId: string;
  readonly scenario: Scenario;
  readonly phrases: readonly Phrase[];
  readonly clock: Clock;
  readonly pace: Pace;
}

/**
 * Places synthetic calls at real-time pace, many in this process on one timer, and reports what their callers saw.
 * @throws LastgoodError `invalid-input` for an impossible count, rate or concurrency; `dependency-missing` without the
 * speech synthesizer. What goes wrong in a call is in its result.
 */
export const placeCalls = async (options: PlaceCallsOptions): Promise<CallReport> => {
  const concurrency = checked(options);
  const { count = maxCalls, rate, scenarios, signal, lastCall, clock, random } = options;
  const speech = options.speech ?? createSpeech();
  try {
    const phrases = await synthesize(scenarios, speech);
    const pace = options.pace ?? createPace(clock);
    const pick = pickerOf(scenarios, random);
    const run = randomHex(random, 8);
    const callerOf = options.callerId ?? ((index: number) => `synthetic-${run}-${index}`);
    const live = new Set<Promise<void>>();
    const results: CallResult[] = [];
    const startedAt = clock.now();
    const isOver = (): boolean => signal?.aborted === true || lastCall?.aborted === true;

    for (let index = 0; index < count; index += 1) {
      if (rate !== undefined) await until(clock, startedAt + (index * 1000) / rate, [signal, lastCall]);
      while (live.size >= concurrency) await Promise.race(live);
      if (isOver()) break;
      const scenario = pick();
      const call = { callerId: callerOf(index), scenario, phrases: phrases.get(scenario) ?? [], clock, pace };
      const ended: Promise<void> = placeCall(call, options).then((result) => {
        results.push(result);
        live.delete(ended);
        return options.onCall?.(result);
      });
      live.add(ended);
    }
    await Promise.all(live);
    return reportOf(results, (clock.now() - startedAt) / 1000, pace.takeWorstLatenessMs());
  } finally {
    if (options.speech === undefined) await speech.close();
  }
};

/** Speech of everything that any caller will say, made before the first call so that none waits for it. */
const synthesize = async (
  scenarios: readonly Scenario[],
  speech: Speech,
): Promise<Map<Scenario, readonly Phrase[]>> => {
  const entries = scenarios.map(
    async (scenario) =>
      [scenario, await Promise.all(scenario.utterances.map(({ say }) => speech.phrase(say)))] as const,
  );
  return new Map(await Promise.all(entries));
};

const notConnected = (
  problem: string,
  scenario: Scenario,
): Omit<CallResult, 'callerId' | 'placedAt' | 'sessionId'> => ({
  scenario: scenario.name,
  outcome: 'refused',
  dropped: false,
  end: problem,
  asExpected: scenario.expect === undefined ? undefined : false,
  startMs: undefined,
  durationMs: 0,
  turnLatencyMs: [],
  interruptionMs: [],
  utterancesSaid: 0,
  agentUtterancesHeard: 0,
  problems: [],
});

const placeCall = async (call: OneCall, { openSession, random, signal }: PlaceCallsOptions): Promise<CallResult> => {
  const { callerId, scenario, clock } = call;
  const placedAt = timestampOf(clock.now());
  let session: SessionUrl;
  try {
    session = await openSession({ callerId });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { callerId, placedAt, sessionId: undefined, ...notConnected(problem, scenario) };
  }
  const stream = {
    streamSid: `MZ${randomHex(random, 32)}`,
    callSid: `CA${randomHex(random, 32)}`,
    accountSid: `AC${randomHex(random, 32)}`,
    customParameters: { script: JSON.stringify(scenario.utterances.map(({ say }) => say)) },
  };
  const result = await holdCall({ ...call, url: session.url, stream, signal });
  return { callerId, placedAt, sessionId: session.sessionId, scenario: scenario.name, ...result };
};

/** Resolves at `atMs` of the clock, or when one of the signals aborts. */
const until = (clock: Clock, atMs: number, signals: readonly (AbortSignal | undefined)[]): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      cancel();
      for (const signal of signals) signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(Math.max(0, atMs - clock.now()), done);
    for (const signal of signals) signal?.addEventListener('abort', done, { once: true });
  });

const checked = ({ count, rate, concurrency = 10, signal, lastCall, scenarios }: PlaceCallsOptions): number => {
  const wrong = (text: string) => new LastgoodError('invalid-input', text);
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > maxConcurrency)
    throw wrong(`concurrency is ${concurrency}; allowed are 1 to ${maxConcurrency} calls at the same time`);
  if (count !== undefined && (!Number.isInteger(count) || count < 1 || count > maxCalls))
    throw wrong(`count is ${count}; allowed is a whole number of calls from 1 to ${maxCalls}`);
  if (count === undefined && !signal && !lastCall) throw wrong('calls without a count need a signal that ends them');
  if (rate !== undefined && !(rate > 0 && rate <= 1_000))
    throw wrong(`rate is ${rate} calls per second; allowed is more than 0, at most 1000`);
  if (scenarios.length === 0) throw wrong('callers need at least one scenario');
  return concurrency;
};
