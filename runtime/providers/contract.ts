import { expect, test } from 'vitest';
import { systemClock } from '#core/clock.ts';
import type { Definition } from '../registry.ts';
import {
  type CallContext,
  type LlmEvent,
  type LlmProvider,
  type LlmRequest,
  type SttProvider,
  type TtsChunk,
  type TtsProvider,
  ProviderError,
} from './provider.ts';

/**
 * What every provider keeps, as tests: a new one's test file calls the suite of its kind with parameters that work. Test code; nothing
 * in the product imports it.
 */

const samplesPerMs = 8;

export interface SttContract<Params> {
  readonly provider: SttProvider<Params>;
  /** Parameters as a release gives them. @default {} */
  readonly params?: Readonly<Record<string, unknown>>;
  /** What came with the call. @default {} */
  readonly parameters?: CallContext['parameters'];
}

export const sttContract = <Params>({ provider, params = {}, parameters = {} }: SttContract<Params>): void => {
  const open = async () =>
    provider.open((await provider.params()).parse(params), {
      ...contextOf({ parameters }),
      language: 'en-US',
      vocabulary: ['Harbor Street'],
    });
  const speech = (ms: number) =>
    Int16Array.from({ length: ms * samplesPerMs }, (_, at) => 4_000 * Math.sin(at * 0.2) * Math.sin(at * 0.003));

  paramsContract(provider, params);

  test('gives a text and a confidence from 0 to 1 for each turn', async () => {
    const session = await open();
    for (let turn = 0; turn < 3; turn += 1) {
      for (let frame = 0; frame < 25; frame += 1) session.write(speech(20));
      const { text, confidence } = await session.endTurn();
      expect(text).not.toBe('');
      expect(confidence).toBeGreaterThanOrEqual(0);
      expect(confidence).toBeLessThanOrEqual(1);
    }
    session.close();
  });

  test('answers a turn without any audio, too', async () => {
    const session = await open();
    expect(typeof (await session.endTurn()).text).toBe('string');
    session.close();
  });

  test('ignores audio that comes after its end, and a second end', async () => {
    const session = await open();
    session.close();
    const afterwards = () => {
      session.write(speech(20));
      session.close();
    };
    expect(afterwards).not.toThrow();
  });
};

export interface LlmContract<Params> {
  readonly provider: LlmProvider<Params>;
  /** Parameters as a release gives them. */
  readonly params: Readonly<Record<string, unknown>>;
  /** A request that makes the model speak, in two events or more. */
  readonly speaks: Omit<LlmRequest, 'signal'>;
  /** A request whose answer is a call of one of its functions. */
  readonly calls: Omit<LlmRequest, 'signal'>;
}

export const llmContract = <Params>({ provider, params, speaks, calls }: LlmContract<Params>): void => {
  const { signal } = contextOf();
  const open = async () => provider.open((await provider.params()).parse(params), contextOf());
  const textOf = (events: readonly LlmEvent[]) =>
    events.map((event) => (event.type === 'text' ? event.text : '')).join('');

  paramsContract(provider, params);

  test('speaks, and says what that cost', async () => {
    const events = await collect((await open()).respond({ ...speaks, signal }));
    expect(textOf(events)).not.toBe('');
    const costs = events.flatMap((event) => (event.type === 'usage' ? [event.costUsd] : []));
    expect(costs.length).toBeGreaterThan(0);
    expect(Math.min(...costs)).toBeGreaterThanOrEqual(0);
  });

  test('calls a function that was offered', async () => {
    const events = await collect((await open()).respond({ ...calls, signal }));
    const called = events.flatMap((event) => (event.type === 'call' ? [event.name] : []));
    expect(calls.functions.map(({ name }) => name)).toEqual(expect.arrayContaining(called));
    expect(called.length).toBeGreaterThan(0);
  });

  test('never calls what was not offered: it fails as the model, or says something else', async () => {
    const answer = collect((await open()).respond({ ...calls, functions: [], signal }));
    const outcome = await answer.then(
      (events) => events.filter(({ type }) => type === 'call'),
      (error: unknown) => (error instanceof ProviderError ? error.errorClass : String(error)),
    );
    expect([[], 'llm_error']).toContainEqual(outcome);
  });

  test('sums the conversation up as text when it is asked to', async () => {
    const request = { ...speaks, cause: 'summary', functions: [], signal } as const;
    expect(textOf(await collect((await open()).respond(request)))).not.toBe('');
  });

  test('answers two requests at once without mixing them', async () => {
    const llm = await open();
    const alone = await collect(llm.respond({ ...speaks, signal }));
    const both = await Promise.all([
      collect(llm.respond({ ...speaks, signal })),
      collect(llm.respond({ ...calls, signal })),
    ]);
    expect(both[0].map(({ type }) => type)).toEqual(alone.map(({ type }) => type));
  });

  test('stops when nobody waits any more', async () => {
    const llm = await open();
    expect(await collectAfterAbort((stop) => llm.respond({ ...speaks, signal: stop }))).toEqual([]);
    const gone = collect(llm.respond({ ...speaks, signal: AbortSignal.abort() }));
    expect(await gone.catch(() => [])).toEqual([]);
  });
};

export interface TtsContract<Params> {
  readonly provider: TtsProvider<Params>;
  /** Parameters as a release gives them. @default {} */
  readonly params?: Readonly<Record<string, unknown>>;
  /** A voice that it has. */
  readonly voice: string;
}

export const ttsContract = <Params>({ provider, params = {}, voice }: TtsContract<Params>): void => {
  const text = 'Good morning, this is the clinic on Harbor Street. For which day would you like an appointment?';
  const open = async (speed = 1) =>
    provider.open((await provider.params()).parse(params), { ...contextOf(), language: 'en-US', voice, speed });
  const { signal } = contextOf();
  const msOf = (chunks: readonly TtsChunk[]) =>
    chunks.reduce((sum, { samples }) => sum + samples.length, 0) / samplesPerMs;

  paramsContract(provider, params);

  test('speaks every word, in order, each within the audio', async () => {
    const chunks = await collect((await open()).synthesize(text, signal));
    const words = chunks.flatMap((chunk) => chunk.words);
    expect(words.map((word) => word.text).join(' ')).toBe(text);
    for (const [index, word] of words.entries()) {
      expect(word.startMs).toBeLessThan(word.endMs);
      expect(word.startMs).toBeGreaterThanOrEqual(words[index - 1]?.startMs ?? 0);
      expect(word.endMs).toBeLessThanOrEqual(msOf(chunks));
    }
  });

  test('speaks faster when it is told to', async () => {
    const natural = msOf(await collect((await open(1)).synthesize(text, signal)));
    expect(msOf(await collect((await open(1.5)).synthesize(text, signal)))).toBeLessThan(natural * 0.9);
  });

  test('speaks one text after the other, and nothing for nothing', async () => {
    const tts = await open();
    expect(await collect(tts.synthesize('', signal))).toEqual([]);
    expect(msOf(await collect(tts.synthesize('Yes.', signal)))).toBeGreaterThan(100);
    expect(msOf(await collect(tts.synthesize('No.', signal)))).toBeGreaterThan(100);
  });

  test('stops at an interruption', async () => {
    const tts = await open();
    expect(await collectAfterAbort((stop) => tts.synthesize(text, stop))).toEqual([]);
    expect(await collect(tts.synthesize(text, AbortSignal.abort())).catch(() => [])).toEqual([]);
  });
};

const contextOf = (changes: Partial<CallContext> = {}): CallContext => ({
  clock: systemClock,
  parameters: {},
  signal: new AbortController().signal,
  ...changes,
});

const collect = async <T>(events: AsyncIterable<T>): Promise<readonly T[]> => {
  const collected: T[] = [];
  for await (const event of events) collected.push(event);
  return collected;
};

/** Takes what comes before an abort and after it. A provider may end or throw then, but go on it may not. */
const collectAfterAbort = async <T>(begin: (signal: AbortSignal) => AsyncIterable<T>): Promise<readonly T[]> => {
  const stop = new AbortController();
  const late: T[] = [];
  try {
    for await (const event of begin(stop.signal)) {
      if (stop.signal.aborted) late.push(event);
      stop.abort();
    }
  } catch {
    expect(stop.signal.aborted, 'a provider throws only when it was stopped').toBe(true);
  }
  return late;
};

const paramsContract = <Params, Context, Made>(
  { params }: Definition<Params, Context, Made>,
  given: Readonly<Record<string, unknown>>,
): void => {
  test('invariant 12: takes its parameters, and refuses one that it does not know', async () => {
    const schema = await params();
    expect(schema.safeParse(given).success).toBe(true);
    expect(schema.safeParse({ ...given, noSuchParameter: 1 }).success).toBe(false);
  });
};
