import { describe, expect, test } from 'vitest';
import { type CallerNotes, openCaller } from '#callers/caller.ts';
import { type CallEnd, seenOutcome } from '#callers/outcome.ts';
import { Scenario } from '#callers/scenario.ts';
import { payloadsOf } from '#core/telephony/media-stream.ts';
import { FakeAgent, type FakeAgentOptions, speech } from './fake-agent.ts';

interface Held {
  readonly end: CallEnd | undefined;
  readonly notes: CallerNotes;
  readonly agent: FakeAgent;
  readonly seconds: number;
}

/** Holds a whole call in virtual time, frame by frame; every utterance of the caller lasts `speechMs`. */
const hold = (
  scenario: unknown,
  agentOptions: Partial<FakeAgentOptions> & Pick<FakeAgentOptions, 'says'>,
  { speechMs = 800, atFrame = (_index: number, _caller: ReturnType<typeof openCaller>): void => {} } = {},
): Held => {
  const parsed = Scenario.parse(scenario);
  const toCaller: string[] = [];
  const ends: CallEnd[] = [];
  const agent = new FakeAgent({
    send: (message) => toCaller.push(message),
    close: (code, reason = '') => ends.push({ by: 'agent', code, reason }),
    ...agentOptions,
  });
  const phrase = (text: string) => ({ text, frames: payloadsOf(speech(speechMs)) });
  const caller = openCaller(
    {
      scenario: parsed,
      phrases: parsed.utterances.map(({ say }) => phrase(say)),
      stream: { streamSid: 'MZ1', callSid: 'CA1', accountSid: 'AC1', customParameters: { script: '[]' } },
      send: (message) => agent.receive(message),
      hangUp: (why) => ends.push(why),
    },
    0,
  );
  let index = 0;
  for (; index < 50 * 60 && ends.length === 0; index += 1) {
    for (const message of toCaller.splice(0)) caller.receive(message, index * 20);
    atFrame(index, caller);
    caller.frame(index * 20);
  }
  return { end: ends[0], notes: caller.notes(), agent, seconds: index / 50 };
};

const lines = (...utterances: unknown[]) => ({ name: 'example', utterances });

describe('a caller', () => {
  test('says its lines after the agent has ended, and the agent ends the call', () => {
    const { end, notes } = hold(lines('one', 'two'), { says: [1_000, 600, 400] });
    expect(end).toEqual({ by: 'agent', code: 1000, reason: '' });
    expect(notes).toMatchObject({ utterancesSaid: 2, agentUtterancesHeard: 3, problems: [] });
    // The agent waits 300 ms for the end of the turn and answers at once.
    for (const latency of notes.turnLatencyMs) expect(latency).toBeCloseTo(320, -2);
    expect(notes.turnLatencyMs).toHaveLength(2);
  });

  test('speaks the protocol: connected, start, numbered media in real time, marks, stop', () => {
    const { agent, seconds } = hold({ ...lines('one'), hangUpAfter: 1 }, { says: [500, 500] });
    const [connected, start] = agent.received;
    expect(connected).toEqual({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    expect(start).toMatchObject({
      event: 'start',
      sequenceNumber: '1',
      start: { streamSid: 'MZ1', callSid: 'CA1', customParameters: { script: '[]' }, tracks: ['inbound'] },
    });
    const media = agent.events('media');
    expect(media).toHaveLength(Math.round(seconds * 50) - 1);
    expect(media.map((message) => message.media!.chunk)).toEqual(media.map((_, index) => String(index + 1)));
    expect(media.map((message) => message.media!.timestamp)).toEqual(media.map((_, index) => String(index * 20)));
    expect(media.every((message) => Buffer.from(message.media!.payload, 'base64').length === 160)).toBe(true);
    const numbers = agent.received.slice(1).map((message) => Number(message.sequenceNumber));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(agent.events('mark')).toHaveLength(1);
    expect(agent.received.at(-1)?.event).toBe('stop');
  });

  test('returns a mark only when the audio before it was heard in real time', () => {
    const { agent } = hold({ ...lines('one'), patienceMs: 500 }, { says: [3_000] });
    const before = agent.received.slice(
      0,
      agent.received.findIndex(({ event }) => event === 'mark'),
    );
    expect(before.filter(({ event }) => event === 'media').length * 20).toBeGreaterThanOrEqual(2_960);
  });

  test('interrupts while the agent speaks, and notices when it fell silent', () => {
    const { end, notes } = hold(lines({ say: 'stop', interrupt: { afterMs: 500 } }), { says: [10_000, 500] });
    expect(end).toMatchObject({ by: 'agent', code: 1000 });
    expect(notes.interruptionMs).toHaveLength(1);
    expect(notes.interruptionMs[0]).toBeGreaterThan(0);
    expect(notes.interruptionMs[0]).toBeLessThan(200);
    expect(notes.turnLatencyMs).toHaveLength(1);
  });

  test('a short interruption does not take the tail of the broken utterance for the answer', () => {
    const scenario = lines({ say: 'wait', interrupt: { afterMs: 500 } }, 'two');
    const { notes } = hold(scenario, { says: [10_000, 2_000, 500], endpointMs: 900 }, { speechMs: 200 });
    expect(notes).toMatchObject({ utterancesSaid: 2, agentUtterancesHeard: 3 });
  });

  test('an agent that talks on over an interruption is heard out, and the call goes on', () => {
    const scenario = lines({ say: 'stop', interrupt: { afterMs: 500 } }, 'two');
    const { notes, end } = hold(scenario, { says: [4_000, 500, 500], interruptible: false });
    expect(end).toMatchObject({ by: 'agent' });
    expect(notes.utterancesSaid).toBe(2);
  });

  test.each([
    ['after its last line of the scenario', { ...lines('one', 'two'), hangUpAfter: 1 }, [500, 500, 500], 'scenario', 1],
    ['at the first word', { ...lines('one'), hangUpAfter: 0 }, [500, 500], 'scenario', 0],
    ['when the agent is silent from the start', { ...lines('one'), patienceMs: 2_000 }, [], 'silence', 0],
    ['when the agent does not answer', { ...lines('one'), patienceMs: 2_000 }, [500], 'silence', 1],
    [
      'when it has nothing more to say',
      { ...lines('one'), patienceMs: 2_000 },
      [500, 500, 500],
      'nothing-more-to-say',
      1,
    ],
  ])('hangs up %s', (_name, scenario, says, why, said) => {
    const { end, notes, agent } = hold(scenario, { says, endsCall: false });
    expect(end).toEqual({ by: 'caller', why });
    expect(notes.utterancesSaid).toBe(said);
    expect(agent.received.at(-1)?.event).toBe('stop');
  });

  test('hangs up at once when it is stopped, and sends nothing after', () => {
    const { end, agent } = hold(
      lines('one'),
      { says: [2_000] },
      {
        atFrame: (index, caller) => {
          if (index === 30) caller.stop();
        },
      },
    );
    expect(end).toEqual({ by: 'caller', why: 'stopped' });
    expect(agent.received.at(-1)?.event).toBe('stop');
    expect(agent.events('media')).toHaveLength(30);
  });

  test('keeps the first problems of an agent that breaks the protocol, and goes on', () => {
    const { notes } = hold(
      { ...lines(), patienceMs: 500 },
      { says: [500] },
      {
        atFrame: (index, caller) => {
          if (index < 10) caller.receive(index % 2 ? 'not json' : '{"event":"media","media":{}}', index * 20);
        },
      },
    );
    expect(notes.problems).toHaveLength(5);
    expect(notes.agentUtterancesHeard).toBe(1);
  });
});

describe('the outcome as the caller sees it', () => {
  test.each([
    [{ by: 'agent', code: 1000, reason: '' }, true, 'completed'],
    [{ by: 'agent', code: 1000, reason: '' }, false, 'failed'],
    [{ by: 'agent', code: 1000, reason: 'escalated' }, true, 'escalated'],
    [{ by: 'agent', code: 1006, reason: '' }, true, 'dropped'],
    [{ by: 'agent', code: 1001, reason: 'completed' }, true, 'dropped'],
    [{ by: 'agent', code: 1011, reason: '' }, true, 'dropped'],
    [{ by: 'caller', why: 'scenario' }, true, 'abandoned'],
    [{ by: 'caller', why: 'silence' }, true, 'failed'],
    [{ by: 'network', problem: 'x' }, false, 'refused'],
  ] as const)('%j, heard the agent: %s: %s', (end, heard, outcome) => {
    expect(seenOutcome(end, heard)).toBe(outcome);
  });
});
