import { describe, expect, test } from 'vitest';
import { type CallReport, reportOf } from '#callers/report.ts';
import { type DrillPorts, runDrill, type StartedSession } from '#operations/drill/run-drill.ts';
import { timestampOf } from '#core/clock.ts';
import type { Command } from '#core/version-set/command.ts';
import type { Head } from '#core/version-set/head.ts';
import { transition } from '#core/version-set/transition.ts';
import { ReleaseId } from '#core/words/digest.ts';
import { PromotionId } from '#core/words/ids.ts';
import { ServiceName, SetName } from '#core/words/names.ts';

const service = ServiceName.parse('appointments');
const set = SetName.parse('release');
const first = ReleaseId.parse('a'.repeat(64));
const second = ReleaseId.parse('b'.repeat(64));
const third = ReleaseId.parse('c'.repeat(64));
const promotionId = PromotionId.parse('1'.repeat(32));

/** A head behind the real transitions, a virtual clock, and callers that ring every 100 ms and follow the head after `lagMs`. */
class World implements DrillPorts<CallReport> {
  head: Head | undefined;
  readonly commands: Command[] = [];
  readonly sessions: StartedSession[] = [];
  lagMs = 400;
  ringing = false;
  probeOutcome: 'completed' | 'refused' = 'completed';
  beforePause: (() => void) | undefined;
  #nowMs = Date.parse('2026-01-01T00:00:00.000Z');
  #heads: { at: number; stable: ReleaseId }[] = [];

  async move(...commands: Command[]): Promise<void> {
    for (const command of commands) await this.apply(command);
    this.commands.length = 0;
  }

  clock = { now: () => this.#nowMs };
  readHead = (): Promise<Head | undefined> => Promise.resolve(this.head);
  apply = (command: Command) => {
    this.commands.push(command);
    const result = transition(this.head, command, {
      service,
      set,
      at: timestampOf(this.#nowMs),
      by: 'test',
      standing: () => 'registered',
    });
    if ('head' in result) {
      this.head = result.head;
      this.#heads.push({ at: this.#nowMs, stable: result.head.stable });
    }
    return Promise.resolve(result);
  };
  probe = () => {
    const call = { outcome: this.probeOutcome, end: '503: no host', calls: [] };
    return Promise.resolve(
      reportOf(
        [
          {
            ...call,
            callerId: 'p',
            scenario: 's',
            sessionId: 'x',
            placedAt: '',
            dropped: false,
            asExpected: true,
            startMs: 1,
            durationMs: 1,
            turnLatencyMs: [],
            interruptionMs: [],
            utterancesSaid: 0,
            agentUtterancesHeard: 1,
            problems: [],
          },
        ],
        1,
        0,
      ),
    );
  };
  startLoad = () => {
    this.ringing = true;
    return {
      stop: () => {
        this.ringing = false;
        return Promise.resolve(reportOf([], 1, 0));
      },
    };
  };
  sessionsSince = (at: Date) =>
    Promise.resolve(this.sessions.filter(({ startedAt }) => Date.parse(startedAt) >= at.getTime()));
  pause = (ms: number): Promise<void> => {
    for (let step = 0; step < ms; step += 100) {
      this.#nowMs += 100;
      const seen = this.#heads.findLast(({ at }) => at + this.lagMs < this.#nowMs);
      if (this.ringing && seen) this.sessions.push({ release: seen.stable, startedAt: timestampOf(this.#nowMs) });
    }
    const before = this.beforePause;
    this.beforePause = undefined;
    before?.();
    return Promise.resolve();
  };
}

const canary: Command = {
  kind: 'start-canary',
  promotionId,
  release: second,
  weightPercent: 5,
  exposureUntil: '2027-01-01T00:00:00.000Z',
  seenRevision: 1,
  reason: 'x',
};
const promote: Command = {
  kind: 'promote',
  promotionId,
  evidence: { verdict: 'promote', decision: 'd', decidedAt: '2026-01-01T00:00:00.000Z' },
  reason: 'x',
};
const settled = async (): Promise<World> => {
  const world = new World();
  await world.move({ kind: 'initialize', release: first, reason: 'x' }, canary, promote);
  await world.pause(100_000);
  return world;
};
const options = { service, set, rounds: 2, watchMs: 2_000 };

describe('a rollback drill', () => {
  test('goes to last-good and back, measures each flip, and leaves the head as it was', async () => {
    const world = await settled();
    const report = await runDrill(world, options);
    expect(report.flips.map(({ from, to }) => [from, to])).toEqual([
      [second, first],
      [first, second],
      [second, first],
      [first, second],
    ]);
    for (const flip of report.flips) expect(flip).toMatchObject({ lastOldSessionMs: 400, newSessions: 16 });
    expect(world.head).toMatchObject({ stable: second, lastGood: first });
    expect(world.ringing).toBe(false);
    expect(world.commands.filter(({ kind }) => kind === 'roll-back').every((command) => 'drill' in command)).toBe(true);
  });

  test('a flip that no caller met is visible as such', async () => {
    const world = await settled();
    world.lagMs = 60_000;
    const { flips } = await runDrill(world, { ...options, rounds: 1 });
    expect(flips[0]).toMatchObject({ newSessions: 0, lastOldSessionMs: 2_000 });
  });

  test.each([
    ['without a release', [], /no release yet/],
    ['without a last-good', [{ kind: 'initialize', release: first, reason: 'x' }], /no last-good/],
    [
      'in the middle of a promotion',
      [{ kind: 'initialize', release: first, reason: 'x' }, canary],
      /promotion 1+ runs/,
    ],
    [
      'on a frozen set',
      [{ kind: 'initialize', release: first, reason: 'x' }, canary, promote, { kind: 'freeze', reason: 'holiday' }],
      /frozen \("holiday"\)/,
    ],
  ] as const)('is refused %s, and nothing moves', async (_name, commands, message) => {
    const world = new World();
    await world.move(...commands);
    await expect(runDrill(world, options)).rejects.toThrow(message);
    expect(world.commands).toEqual([]);
    expect(world.ringing).toBe(false);
  });

  test('does not start when last-good does not carry its probe calls', async () => {
    const world = await settled();
    world.probeOutcome = 'refused';
    await expect(runDrill(world, options)).rejects.toThrow(/did not carry its probe calls \(503: no host\)/);
    expect(world.commands).toEqual([]);
  });

  test('a promotion that starts between rounds ends the drill and is not touched', async () => {
    const world = await settled();
    const drill = runDrill(world, {
      ...options,
      onStep: (line) => {
        if (!line.startsWith('round 2')) return;
        const later = {
          ...canary,
          promotionId: PromotionId.parse('2'.repeat(32)),
          release: third,
          seenRevision: world.head!.revision,
        };
        void world.apply(later);
      },
    });
    await expect(drill).rejects.toThrow(/promotion 2+ runs/);
    expect(world.head).toMatchObject({ stable: second, candidate: { release: third } });
    expect(world.ringing).toBe(false);
  });

  test('an interruption while last-good carries the calls puts stable back', async () => {
    const world = await settled();
    const pause = world.pause;
    let pauses = 0;
    world.pause = async (ms) => {
      pauses += 1;
      if (pauses === 2) throw new Error('stopped by Ctrl-C');
      await pause(ms);
    };
    await expect(runDrill(world, options)).rejects.toThrow('stopped by Ctrl-C');
    expect(world.head).toMatchObject({ stable: second, lastGood: first });
    expect(world.commands.map(({ kind }) => kind)).toEqual(['roll-back', 'restore']);
  });

  test('when stable cannot be put back, the error says where calls run', async () => {
    const world = await settled();
    const pause = world.pause;
    let pauses = 0;
    world.pause = async (ms) => {
      pauses += 1;
      if (pauses === 2) {
        await world.apply({ kind: 'freeze', reason: 'somebody else' });
        throw new Error('stopped by Ctrl-C');
      }
      await pause(ms);
    };
    await expect(runDrill(world, options)).rejects.toThrow(/could not make b+ stable again.*frozen.*lastgood status/s);
  });
});
