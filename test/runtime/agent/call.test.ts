import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeMulaw } from '#core/audio/mulaw.ts';
import type { SessionAssignment } from '#core/session/session-record.ts';
import { digestOf } from '#core/words/digest.ts';
import { SessionId, TraceId } from '#core/words/ids.ts';
import { CustomerId, ServiceName, SetName } from '#core/words/names.ts';
import { Call, type FinishedCall } from '#runtime/agent/call.ts';
import type { PreparedRelease } from '#runtime/agent/ipc.ts';
import { Toolbox } from '#runtime/agent/toolbox.ts';
import { prepareRelease } from '#runtime/host/prepare-release.ts';
import { sessionConfigs } from '#runtime/host/session-configs.ts';
import { soundWord } from '#runtime/providers/scripted/voice.ts';
import type { CallTransport, TransportEvents } from '#runtime/transports/transport.ts';
import { memoryLog } from '../support/fakes.ts';
import { sourceOf, tinyRelease, type TinyReleaseOptions } from '../support/release.ts';
import { settle, ManualClock } from '#memory/manual-clock.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lastgood-call-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const frameMs = 20;

/** A far end on the virtual clock: plays at once what it gets, returns marks when they are played. */
class FarEnd implements CallTransport {
  readonly #clock: ManualClock;
  events: TransportEvents | undefined;
  audioFrames = 0;
  clears = 0;
  isClosed = false;
  #playsUntil = 0;
  #generation = 0;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  readonly listen = (events: TransportEvents) => void (this.events = events);
  readonly sendAudio = () => {
    this.audioFrames++;
    this.#playsUntil = Math.max(this.#clock.now(), this.#playsUntil) + frameMs;
  };
  readonly sendMark = (name: string) => {
    const generation = this.#generation;
    this.#clock.after(this.#playsUntil - this.#clock.now(), () => {
      if (generation === this.#generation) this.events?.onMark(name);
    });
  };
  readonly clear = () => {
    this.clears++;
    this.#generation++;
    this.#playsUntil = this.#clock.now();
  };
  readonly close = async () => void (this.isClosed = true);

  /** Sends audio in real pace: speech of so many milliseconds, then silence. */
  async say(speechMs: number, silenceMs = 600): Promise<void> {
    const speech = encodeMulaw(soundWord('amanaman', Math.max(speechMs, frameMs)));
    for (let ms = 0; ms < speechMs + silenceMs; ms += frameMs) {
      const at = (ms / frameMs) * 160;
      this.events?.onAudio(ms < speechMs ? speech.subarray(at, at + 160) : new Uint8Array(160).fill(0xff));
      await this.#clock.advance(frameMs);
    }
  }
}

const assignment: SessionAssignment = {
  sessionId: SessionId.parse('session-0001'),
  traceId: TraceId.parse('1'.repeat(32)),
  service: ServiceName.parse('appointments'),
  set: SetName.parse('release'),
  customerId: CustomerId.parse('harbor'),
  callerHash: digestOf('caller'),
  channel: 'phone',
  arm: 'stable',
  release: digestOf('x') as never,
  weightPercent: 0,
  probe: false,
  startedAt: '2026-01-05T09:00:00.000Z',
};

let folders = 0;
const setUp = async (
  script: readonly string[],
  options: TinyReleaseOptions & { readonly maxSessionSeconds?: number } = {},
) => {
  const build = await tinyRelease(options);
  const folder = join(root, String(folders++));
  const release: PreparedRelease = await prepareRelease(build.id, sourceOf(build), folder);
  const clock = new ManualClock();
  const { log, lines } = memoryLog(clock.now, 'agent');
  const far = new FarEnd(clock);
  const toolbox = await Toolbox.load(release, folder, clock);
  await toolbox.prepare(Object.values(release.flow.nodes).flatMap(({ functions }) => functions));
  const config = sessionConfigs({ release, readOverlay: async () => undefined, clock, log }).resolve(
    assignment.customerId,
  );
  const call = new Call({
    transport: far,
    assignment,
    release,
    toolbox,
    clock,
    log,
    maxSessionSeconds: options.maxSessionSeconds ?? 600,
    config,
  });
  let finished: FinishedCall | undefined;
  void call.run().then((done) => (finished = done));
  far.events?.onStart({ streamId: 'MZ1', parameters: { script: JSON.stringify(script) } });
  await settle();
  return { clock, far, call, lines, finished: () => finished };
};

/** Lets the agent finish what it says. */
const listen = 4_000;

describe('a call', () => {
  test('greets at once, books, and keeps a transcript of what was said and heard', async () => {
    const { clock, far, finished } = await setUp(['on monday', 'tuesday then', 'bye']);
    expect(far.audioFrames).toBeGreaterThan(0);
    for (let turn = 0; turn < 3; turn++) {
      await clock.advance(listen);
      await far.say(400);
      await settle();
    }
    await clock.advance(listen);
    expect(finished()?.result).toMatchObject({
      outcome: 'completed',
      taskSucceeded: true,
      turns: 3,
      slowTurns: 0,
      startMs: 0,
    });
    expect(finished()?.transcript.split('\n')).toEqual([
      'agent: Good morning.',
      'agent: Which day?',
      'caller: on monday',
      'agent: That day is full.',
      'agent: Another one?',
      'caller: tuesday then',
      'agent: Booked for tuesday.',
      'agent: We open at nine.',
      'caller: bye',
      'agent: Goodbye.',
    ]);
    expect(far.isClosed).toBe(true);
  });

  test('an interrupted answer stays in the history as far as it was heard (V5)', async () => {
    const { clock, far, call, finished } = await setUp(['something long', 'stop']);
    await clock.advance(listen);
    await far.say(400, 200);
    await clock.advance(700);
    await far.say(600);
    expect(far.clears).toBe(1);
    await clock.advance(listen);
    far.events?.onEnd('hung-up');
    await settle();
    expect(finished()?.result).toMatchObject({ outcome: 'abandoned', interruptions: 1 });
    const heard = finished()
      ?.transcript.split('\n')
      .find((line) => line.startsWith('agent: One'));
    expect(heard).toMatch(/^agent: One( \w+){0,6}$/);
    expect(call).toBeDefined();
  });

  test('a tool that throws is answered with an apology and makes the call failed', async () => {
    const { clock, far, finished } = await setUp(['sunday']);
    await clock.advance(listen);
    await far.say(400);
    await clock.advance(listen);
    expect(finished()?.result).toMatchObject({
      outcome: 'failed',
      errorClass: 'tool',
      errorDetail: 'tool book failed: Error',
    });
    expect(finished()?.transcript).toContain('agent: I am sorry, something went wrong on my side.');
  });

  test('at the cap it says goodbye before it ends', async () => {
    const { clock, finished } = await setUp([], {
      maxSessionSeconds: 20,
      limits: { goodbye: 'We have to stop here.' },
    });
    await clock.advance(20_000);
    expect(finished()).toBeUndefined();
    await clock.advance(listen);
    expect(finished()?.result).toMatchObject({ outcome: 'completed', taskSucceeded: false });
    expect(finished()?.transcript).toContain('agent: We have to stop here.');
  });

  test('words that the release names hand the caller to a person', async () => {
    const { clock, far, finished } = await setUp(['I want to complain'], {
      guardrails: { escalationPhrases: ['complain'] },
    });
    await clock.advance(listen);
    await far.say(400);
    await clock.advance(listen);
    expect(finished()?.result).toMatchObject({ outcome: 'escalated', turns: 1 });
  });

  test('a sentence that a guardrail forbids is not spoken', async () => {
    const { clock, far, finished } = await setUp(['bye'], { guardrails: { forbiddenPhrases: ['good morning'] } });
    await clock.advance(listen);
    await far.say(400);
    await clock.advance(listen);
    expect(finished()?.transcript).not.toContain('Good morning');
    expect(finished()?.transcript).toContain('agent: Which day?');
  });

  test('more turns than the release allows end with a goodbye', async () => {
    const { clock, far, finished } = await setUp(['hm', 'hm', 'hm'], { limits: { maxTurns: 1 } });
    for (let turn = 0; turn < 2; turn++) {
      await clock.advance(listen);
      await far.say(400);
    }
    await clock.advance(2 * listen);
    expect(finished()?.result).toMatchObject({ outcome: 'completed', taskSucceeded: false, turns: 2 });
  });

  test.each([
    ['hung-up', 'abandoned', undefined],
    ['connection-lost', 'failed', 'network'],
  ] as const)('a far end that is gone (%s) ends it as %s', async (reason, outcome, errorClass) => {
    const { far, finished } = await setUp([]);
    far.events?.onEnd(reason);
    await settle();
    expect(finished()?.result).toMatchObject({ outcome, ...(errorClass && { errorClass }) });
  });

  test('without a script nothing is understood, and the agent asks again', async () => {
    const { clock, far, finished, lines } = await setUp([]);
    await clock.advance(listen);
    await far.say(400);
    await clock.advance(listen);
    far.events?.onEnd('hung-up');
    await settle();
    expect(lines.find(({ event }) => event === 'caller-turn')).toMatchObject({ confidence: 0.1 });
    expect(finished()?.transcript).toContain('agent: Sorry, I did not understand.');
  });

  test('every line of a call carries its trace id (X1), and what was said stands under redactable only (X2)', async () => {
    const { clock, far, lines } = await setUp(['on monday']);
    await clock.advance(listen);
    await far.say(400);
    const text = lines.map((line) => JSON.stringify({ ...line, redactable: undefined })).join('\n');
    expect(lines.length).toBeGreaterThan(3);
    expect(text).not.toContain('on monday');
  });
});
