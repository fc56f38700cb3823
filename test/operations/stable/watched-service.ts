import type { Page } from '#core/promotion/pager.ts';
import { SessionRecord, type SessionResult } from '#core/session/session-record.ts';
import { assign } from '#core/version-set/assign.ts';
import type { Arm } from '#core/words/arm.ts';
import { digestOf } from '#core/words/digest.ts';
import { judge } from '#operations/canary/judge.ts';
import { watchHoldback, type WatchHoldbackPorts } from '#operations/stable/watch-holdback.ts';
import { productionSet, promote, service } from '../../core/version-set/build.ts';
import { FakeOrg } from '../fake-org.ts';

/** What becomes of a call. */
export interface CallFate extends Partial<Pick<SessionResult, 'outcome' | 'errorClass' | 'costUsd'>> {
  /** @default 10 */
  readonly seconds?: number;
  /** @default - somebody new */
  readonly caller?: string;
}

interface Happening {
  readonly atMs: number;
  readonly run: () => Promise<void>;
}

const hourMs = 3_600_000;

/** A service after its promotion, call by call, in the order of what happens: each outcome brings the watch. */
export class WatchedService {
  readonly org = new FakeOrg();
  /** Seconds between the starts of two calls. */
  gapSeconds = 1;
  #watch!: (changes: readonly SessionRecord[]) => Promise<void>;
  #waiting: Happening[] = [];
  #calls = 0;
  #told = 0;

  /** Release b was promoted over a; `percent` of callers stay on a for a day. */
  static async promoted(percent = 2, change: Partial<WatchHoldbackPorts> = {}): Promise<WatchedService> {
    const watched = new WatchedService();
    const { org } = watched;
    await org.startCanary();
    const until = new Date(org.nowMs + 24 * hourMs).toISOString();
    await org.move({ ...promote('p', org.now().toISOString()), holdback: { weightPercent: percent, until } });
    await org.carryOut();
    watched.#told = org.pages.length;
    watched.restart(change);
    return watched;
  }

  /** Pages since the promotion. */
  get pages(): readonly Page[] {
    return this.org.pages.slice(this.#told);
  }

  /** A cold function: nothing is remembered but what was kept. */
  restart(change: Partial<WatchHoldbackPorts> = {}): void {
    const { org } = this;
    const ports = org.judgePorts();
    const run = watchHoldback({
      ...org.pagePorts(),
      ...ports,
      heads: org.heads,
      promotions: org.promotions,
      history: org.memory.history,
      sessions: org.sessionStore,
      judge: judge(ports),
      services: org.services,
      org: 'acme-test',
      clock: org.clock,
      log: org.log,
      by: 'lambda:weigh-outcome',
      ...change,
    });
    this.#watch = (changes) => run(org.head, changes);
  }

  /** Places calls, one after the other, and lets happen what happens until the last one has started. */
  async calls(count: number, fate: (arm: Arm, index: number) => CallFate, until?: () => boolean): Promise<number> {
    for (let placed = 0; placed < count; placed += 1) {
      if (until?.()) return placed;
      await this.#pass(this.gapSeconds * 1_000);
      await this.#start(fate);
    }
    return count;
  }

  /** Time passes, and what is due happens. */
  async #pass(ms: number): Promise<void> {
    const untilMs = this.org.nowMs + ms;
    for (;;) {
      const [next] = this.#waiting;
      if (!next || next.atMs > untilMs) break;
      this.#waiting.shift();
      this.org.nowMs = next.atMs;
      await next.run();
    }
    this.org.nowMs = untilMs;
  }

  async #start(fate: (arm: Arm, index: number) => CallFate): Promise<void> {
    const { org } = this;
    const index = this.#calls;
    this.#calls += 1;
    const callerOf = (name: string) => digestOf(`caller ${name}`);
    // The fate may ask for a caller before the arm is known.
    const probe = fate('stable', index);
    const callerHash = callerOf(probe.caller ?? String(index));
    const { arm, release, promotionId, weightPercent } = assign(org.head, callerHash, org.nowMs);
    const { outcome = 'completed', errorClass, costUsd = 0.1, seconds = 10 } = fate(arm, index);
    const sessionId = `session-watched-${String(index).padStart(8, '0')}`;
    const countsInTest =
      promotionId !== undefined && (await org.sessionStore.claimFirstCall(promotionId, callerHash, sessionId));
    const record = SessionRecord.parse({
      assignment: {
        sessionId,
        traceId: String(index).padStart(32, '0'),
        service,
        set: productionSet,
        customerId: 'clinic',
        callerHash,
        channel: 'phone',
        arm,
        release,
        ...(promotionId && { promotionId }),
        weightPercent,
        probe: false,
        startedAt: org.now().toISOString(),
      },
      hostId: 'host-1',
      overlayVersion: 0,
      configDigest: 'none',
      countsInTest,
    });
    await org.sessionStore.open(record);
    const endMs = org.nowMs + seconds * 1_000;
    const result: SessionResult = {
      endedAt: new Date(endMs).toISOString(),
      outcome,
      ...(outcome === 'failed' && { errorClass: errorClass ?? 'tool' }),
      costUsd,
      turns: 4,
      slowTurns: 0,
    };
    const end = async (): Promise<void> => {
      await org.sessionStore.close(sessionId, result);
      const ended = await org.sessionStore.get(sessionId);
      if (ended) await this.#watch([ended]);
      await org.carryOut();
    };
    this.#waiting.push({ atMs: endMs, run: end });
    this.#waiting.sort((one, other) => one.atMs - other.atMs);
  }
}
