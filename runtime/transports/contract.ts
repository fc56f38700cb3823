import { expect, test } from 'vitest';
import type { CallStart, CallTransport } from './transport.ts';

/** The far end of a call in a test: speaks the transport's wire. */
export interface FarEnd {
  readonly transport: CallTransport;
  readonly begin: (parameters: Readonly<Record<string, string>>) => void;
  /** Says so much µ-law. */
  readonly say: (audio: Uint8Array) => void;
  /** Has played everything up to this mark. */
  readonly played: (mark: string) => void;
  readonly hangUp: () => void;
  /** The connection breaks. */
  readonly lose: () => void;
  /** Sends something that the wire does not have. */
  readonly babble: (text: string) => void;
  /** Lets so much time pass. */
  readonly wait: (ms: number) => Promise<void>;
  /** What has arrived of the agent, in order. */
  readonly heard: () => readonly (
    { readonly audio: Uint8Array } | { readonly mark: string } | { readonly clear: true }
  )[];
}

const speech = Uint8Array.from({ length: 160 }, (_, at) => at);

/**
 * What every transport keeps, as tests: a new one's test file calls this with a far end that speaks its wire. Test code; nothing in the
 * product imports it.
 * @param connect a transport on a fresh connection, not listening yet
 */
export const transportContract = (connect: () => FarEnd): void => {
  test('tells the start of the call once, with the parameters that came with it', () => {
    const { far, seen } = listening(connect);
    far.begin({ script: '["one"]' });
    far.begin({ script: '["two"]' });
    expect(seen).toEqual([['start', { script: '["one"]' }]]);
  });

  test('carries audio both ways, byte for byte and in order', () => {
    const { far, seen } = listening(connect).begun();
    far.say(speech);
    far.say(speech.toReversed());
    expect(seen).toEqual([
      ['audio', speech],
      ['audio', speech.toReversed()],
    ]);
    far.transport.sendAudio(speech.subarray(80));
    far.transport.sendMark('1.0');
    far.transport.clear();
    expect(far.heard()).toEqual([{ audio: speech.subarray(80) }, { mark: '1.0' }, { clear: true }]);
  });

  test('a mark proves playback once, if it was sent and not cleared', () => {
    const { far, seen } = listening(connect).begun();
    far.transport.sendMark('heard');
    far.transport.sendMark('cleared');
    far.played('heard');
    far.played('heard');
    far.transport.clear();
    far.played('cleared');
    far.played('invented');
    expect(seen).toEqual([['mark', 'heard']]);
  });

  test.each(['hung-up', 'connection-lost'] as const)('tells once that the far end is gone: %s', (reason) => {
    const { far, seen } = listening(connect).begun();
    if (reason === 'hung-up') far.hangUp();
    far.lose();
    far.lose();
    expect(seen).toEqual([['end', reason]]);
  });

  test('sending to a far end that is gone does nothing', () => {
    const { far } = listening(connect).begun();
    far.lose();
    far.transport.sendAudio(speech);
    far.transport.sendMark('late');
    far.transport.clear();
    expect(far.heard()).toEqual([]);
  });

  test('invariant 11: closes within a second or two, whether the far end answers or not, and tells no end of its own', async () => {
    const { far, seen } = listening(connect).begun();
    const closed = far.transport.close('completed');
    await far.wait(2_000);
    await closed;
    await far.transport.close('completed');
    expect(seen).toEqual([]);
  });

  test('nothing that the far end sends makes it throw, and a call goes on after it', () => {
    const { far, seen } = listening(connect).begun();
    for (const text of ['', '{', '[]', 'null', '{"event":"sing"}', '\u0000']) far.babble(text);
    far.say(speech);
    expect(seen).toEqual([['audio', speech]]);
  });
};

const listening = (connect: () => FarEnd) => {
  const far = connect();
  const seen: [string, unknown][] = [];
  far.transport.listen({
    onStart: (start: CallStart) => seen.push(['start', start.parameters]),
    onAudio: (audio) => seen.push(['audio', Uint8Array.from(audio)]),
    onMark: (name) => seen.push(['mark', name]),
    onDtmf: (digit) => seen.push(['dtmf', digit]),
    onEnd: (reason) => seen.push(['end', reason]),
  });
  const begun = () => {
    far.begin({});
    seen.length = 0;
    return { far, seen };
  };
  return { far, seen, begun };
};
