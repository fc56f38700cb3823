import { describe, expect, test } from 'vitest';
import { loudnessDb } from '#runtime/agent/processors/voice-activity.ts';
import type { LlmEvent, LlmRequest, Message, TtsChunk } from '#runtime/providers/provider.ts';
import { llmContract, sttContract, ttsContract } from '#runtime/providers/contract.ts';
import { chooseProviders, ttsProviders, llmProviders } from '#runtime/providers/registry.ts';
import { scriptedLlm } from '#runtime/providers/scripted/llm.ts';
import { ScriptedLlmParams } from '#runtime/providers/scripted/params.ts';
import { scriptedStt } from '#runtime/providers/scripted/stt.ts';
import { scriptedTts } from '#runtime/providers/scripted/tts.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { tinyRelease } from '../support/release.ts';

const signal = new AbortController().signal;
const clock = new ManualClock();
const context = { clock, parameters: {}, signal };

const given = {
  rules: {
    greet: [
      { on: 'enter', say: 'Hello' },
      {
        when: '(?<day>monday|tuesday)( at (?<hour>\\d+))?',
        call: 'book',
        args: { day: '{day}', hour: '{hour}', count: 2 },
        say: 'Looking at {day}.',
      },
      { on: 'result', when: '"outcome":"full"', say: '{result.day} is full, {result.slots.count} left' },
    ],
    '*': [{ when: 'person', call: 'transfer' }],
  },
  costUsdPerAnswer: 0.25,
};
const params = ScriptedLlmParams.parse(given);
const llm = scriptedLlm.open(params, context);

const ask = async (
  cause: LlmRequest['cause'],
  messages: readonly Message[],
  functions = ['book', 'transfer'],
): Promise<LlmEvent[]> => {
  const offered = functions.map((name) => ({ name, description: '', parameters: {} }));
  const events = [];
  const request = { node: 'greet', cause, messages, functions: offered, signal };
  for await (const event of llm.respond(request)) events.push(event);
  return events.filter(({ type }) => type !== 'usage');
};

const user = (content: string): Message[] => [{ role: 'user', content }];
const result = (value: object): Message[] => [{ role: 'function', name: 'book', content: JSON.stringify(value) }];

const offered = [{ name: 'book', description: '', parameters: {} }];
const asked = { node: 'greet', cause: 'turn', messages: user('on monday'), functions: offered } as const;

describe('the scripted language model keeps the contract', () => {
  llmContract({ provider: scriptedLlm, params: given, speaks: asked, calls: asked });
});

describe('the scripted speech recognition keeps the contract', () => {
  sttContract({ provider: scriptedStt, parameters: { script: '["one", "two", "three"]' } });
});

describe('the scripted voice keeps the contract', () => {
  ttsContract({ provider: scriptedTts, voice: 'default' });
});

describe('the scripted language model', () => {
  test.each<[string, LlmRequest['cause'], Message[], object[]]>([
    ['entering a node', 'enter', [], [{ type: 'text', text: 'Hello' }]],
    [
      'words with a group',
      'turn',
      user('On TUESDAY please'),
      [
        { type: 'text', text: 'Looking at TUESDAY.' },
        { type: 'call', name: 'book', args: { day: 'TUESDAY', count: 2 } },
      ],
    ],
    [
      'words with two groups',
      'turn',
      user('monday at 9'),
      [
        { type: 'text', text: 'Looking at monday.' },
        { type: 'call', name: 'book', args: { day: 'monday', hour: '9', count: 2 } },
      ],
    ],
    ['a rule of every node', 'turn', user('a person'), [{ type: 'call', name: 'transfer', args: {} }]],
    ['words that nothing fits', 'turn', user('hm'), [{ type: 'text', text: params.fallback }]],
    [
      'a result',
      'result',
      result({ outcome: 'full', day: 'Monday', slots: { count: 0 } }),
      [{ type: 'text', text: 'Monday is full, 0 left' }],
    ],
    ['a result that nothing fits', 'result', result({ outcome: 'other' }), []],
    ['a refused call', 'result', result({ error: 'day is missing' }), [{ type: 'text', text: params.fallback }]],
    ['a failed tool', 'failure', result({ error: 'x' }), [{ type: 'text', text: params.apology }]],
    ['a summary', 'summary', [...user('one'), ...user('two')], [{ type: 'text', text: 'The caller said: one / two' }]],
  ])('answers to %s', async (_, cause, messages, expected) => {
    expect(await ask(cause, messages)).toEqual(expected);
  });

  test('thinks as long as it is told, and stops when nobody waits', async () => {
    const slow = scriptedLlm.open({ ...params, thinkMs: 1_000 }, context);
    const begin = async (signal: AbortSignal) => {
      for await (const { type } of slow.respond({ ...asked, signal })) return type;
      return undefined;
    };
    let began: string | undefined;
    const answered = begin(signal).then((type) => (began = type));
    await clock.advance(999);
    expect(began).toBeUndefined();
    await clock.advance(1);
    expect(await answered).toBe('usage');
    const gone = new AbortController();
    const left = begin(gone.signal);
    gone.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
  });

  test('only the last words of the caller count', async () => {
    expect(await ask('turn', [...user('monday'), ...user('hm')])).toEqual([{ type: 'text', text: params.fallback }]);
  });

  test('a call that the node does not offer is an error of the model, not a call', async () => {
    await expect(ask('turn', user('monday'), [])).rejects.toMatchObject({
      code: 'provider-failed',
      errorClass: 'llm_error',
    });
  });
});

describe('the scripted speech recognition', () => {
  const open = (script?: string) =>
    scriptedStt.open(
      {},
      { ...context, language: 'en-US', vocabulary: [], parameters: script === undefined ? {} : { script } },
    );

  test('gives one line of the script per turn, then what it cannot understand', async () => {
    const session = open('["one","two"]');
    expect([await session.endTurn(), await session.endTurn(), await session.endTurn()]).toEqual([
      { text: 'one', confidence: 1 },
      { text: 'two', confidence: 1 },
      { text: '(unintelligible)', confidence: 0.1 },
    ]);
  });

  test.each(['one', '{"0":"one"}', '[1]'])('a script that is not a list of texts (%s) is an error', (script) => {
    expect(() => open(script)).toThrow('must be a JSON array');
  });
});

describe('the scripted voice', () => {
  const speak = async (text: string, speed = 1): Promise<TtsChunk[]> => {
    const chunks = [];
    const tts = scriptedTts.open({}, { ...context, language: 'en-US', voice: 'default', speed });
    for await (const chunk of tts.synthesize(text, signal)) chunks.push(chunk);
    return chunks;
  };
  const text =
    'Good morning, this is the clinic on Harbor Street. For which day would you like to make an appointment with us?';
  const samplesOf = (chunks: readonly TtsChunk[]) => chunks.reduce((sum, { samples }) => sum + samples.length, 0);

  test('says the same thing in the same way, every time', async () => {
    expect(await speak(text)).toEqual(await speak(text));
  });

  test('speaks about 170 words per minute, and faster when told to', async () => {
    const chunks = await speak(text);
    const wordsPerMinute = chunks.length / (samplesOf(chunks) / 8_000 / 60);
    expect(wordsPerMinute).toBeGreaterThan(150);
    expect(wordsPerMinute).toBeLessThan(190);
    expect(samplesOf(await speak(text, 2))).toBeLessThan(samplesOf(chunks) * 0.55);
  });

  test('says when each word is spoken, in order and within the audio', async () => {
    const chunks = await speak(text);
    const words = chunks.flatMap((chunk) => chunk.words);
    expect(words.map((word) => word.text).join(' ')).toBe(text);
    for (const [index, word] of words.entries()) {
      expect(word.startMs).toBeLessThan(word.endMs);
      expect(word.startMs).toBeGreaterThanOrEqual(words[index - 1]?.endMs ?? 0);
    }
    expect(words.at(-1)!.endMs).toBeLessThanOrEqual(samplesOf(chunks) / 8);
  });

  test('every word is audible and no pause is long enough to be taken for the end', async () => {
    for (const { samples } of await speak(text)) {
      expect(loudnessDb(samples)).toBeGreaterThan(-35);
      const quiet = samples.length / 8 - samples.findLastIndex((sample) => Math.abs(sample) > 300) / 8;
      expect(quiet).toBeLessThan(400);
    }
  });
});

describe('providers', () => {
  test('invariant 12: an unknown provider is an error that names the known ones', async () => {
    await expect(llmProviders.choose('oracle', {})).rejects.toThrow(
      'there is no language model provider oracle; this runtime has scripted',
    );
    await expect(ttsProviders.choose('constructor', {})).rejects.toThrow('no speech synthesis provider constructor');
  });

  test('invariant 12: an unknown parameter is an error', async () => {
    const { manifest } = await tinyRelease();
    const model = { ...manifest.model, params: { ...manifest.model.params, temperature: 1 } };
    await expect(chooseProviders(model)).rejects.toThrow('unknown key temperature');
  });
});
