import { isDeepStrictEqual } from 'node:util';
import { poolName } from '#core/org/resource-names.ts';
import type { SessionAssignment, SessionRecord } from '#core/session/session-record.ts';
import type { Head } from '#core/version-set/head.ts';
import type { PromotionId } from '#core/words/ids.ts';
import type { ItemChange } from '#memory/items.ts';
import { service } from './names.ts';
import type { Stage } from './stage.ts';
import { transitionText } from './world.ts';

/** An invariant of the design that does not hold, by its number. */
export interface Violation {
  readonly invariant: number;
  readonly text: string;
}

/** A moved head is seen within the next read; invariant 6 gives it a second. */
const seenWithinMs = 1_000;
/** Clocks of one platform differ by less. */
const skewMs = 5_000;

/** What one promotion has been seen to do; the truth beside which the product's decisions are held. */
interface Seen {
  /** Calls of the candidate that entered the test: begun, known to have ended or to be alive at W, and failed. */
  begun: number;
  known: number;
  failed: number;
  /** Epoch milliseconds of the newest of these writes. */
  newestMs: number;
  /** Since when nobody may be sent to the candidate; undefined while somebody may. */
  overMs: number | undefined;
}

/** As hosts are found by edges. */
const addressOf = (hostId: string): string => `${hostId}:1`;

/** Watches a stage and holds it to the invariants after every step; the first violation is kept. */
export class Invariants {
  violation: Violation | undefined;
  readonly #stage: Stage;
  readonly #seen = new Map<PromotionId, Seen>();

  constructor(stage: Stage) {
    this.#stage = stage;
    const { world } = stage;
    world.onHead((change) => this.#headWritten(change));
    world.onSession((change) => this.#sessionWritten(change));
    stage.onStarted((edgeId, assignment) => this.#callStarted(edgeId, assignment));
  }

  /** What must hold between any two steps, and costs more than a look. */
  async check(): Promise<void> {
    const { head, org } = this.#stage.world;
    if (head === undefined) return;
    for (const release of new Set([head.stable, head.lastGood])) {
      const pool = await org.pools.describe(service, release).catch(() => undefined);
      if (pool !== undefined && pool.desired === 0)
        this.#fail(1, `the pool ${poolName(service, release)} is being retired, and head ${head.revision} names it`);
    }
  }

  /** What must hold when the world has come to rest: nobody has died or erred for a while. */
  async checkAtRest(): Promise<void> {
    const { world } = this.#stage;
    const { head, org } = world;
    if (head?.candidate) this.#fail(2, `${head.candidate.promotionId} has its candidate on the head for ever`);
    const entries = org.headItems.entries.all();
    for (const { follows = [], revision } of [...entries, ...(head ? [head.lastTransition] : [])]) {
      for (const one of follows) {
        if (one.kind === 'quarantine' && (await org.evidence.quarantineOf(one.release)) === undefined)
          this.#fail(4, `revision ${revision} bars ${one.release.slice(0, 8)}, and nobody has carried it out`);
        if (one.kind === 'end-promotion') {
          const end = (await org.promotions.get(one.promotionId))?.end;
          if (end?.outcome !== one.outcome) {
            this.#fail(
              4,
              `revision ${revision} ends ${one.promotionId} as ${one.outcome}, its record says ${end?.outcome}`,
            );
          }
        }
      }
    }
    for (const { input, end } of org.promotions.records.all())
      if (end === undefined) this.#fail(2, `promotion ${input.promotionId} of ${input.version} never ended`);
    const pages = entries.flatMap(({ follows = [] }) => follows.filter(({ kind }) => kind.startsWith('page-')));
    if (org.pager.sent.length < pages.length)
      this.#fail(4, `${pages.length} pages follow from the history, and ${org.pager.sent.length} were sent`);
    const open = org.sessions.records.all().find(({ result }) => result === undefined);
    if (open !== undefined && !this.#stage.isForgotten(open.assignment.sessionId))
      this.#fail(8, `session ${open.assignment.sessionId} on ${open.hostId} has no result, and nobody carries it`);
  }

  #fail(invariant: number, text: string): void {
    if (this.violation !== undefined) return;
    this.violation = { invariant, text };
    this.#stage.world.chronicle.tell(`VIOLATION of invariant ${invariant}: ${text}`);
  }

  #seenOf(promotionId: PromotionId): Seen {
    const seen = this.#seen.get(promotionId) ?? { begun: 0, known: 0, failed: 0, newestMs: 0, overMs: undefined };
    this.#seen.set(promotionId, seen);
    return seen;
  }

  #headWritten({ before, after }: ItemChange<Head>): void {
    const { world } = this.#stage;
    if (before?.revision === after.revision) {
      if (!isDeepStrictEqual(before.lastTransition, after.lastTransition))
        this.#fail(4, `revision ${after.revision} was written twice, with two histories`);
      return;
    }
    world.chronicle.tell(transitionText(after.lastTransition));
    this.#checkHistory(before, after);
    this.#checkStanding(before, after);
    this.#checkPromotion(before, after);
    this.#checkEvidence(before, after);
    const gone = before?.candidate;
    if (gone && after.candidate?.promotionId !== gone.promotionId) this.#seenOf(gone.promotionId).overMs = world.nowMs;
  }

  /** 4: no transition without its entry; history has no gap. */
  #checkHistory(before: Head | undefined, after: Head): void {
    const { entries } = this.#stage.world.org.headItems;
    if (after.revision !== (before?.revision ?? 0) + 1)
      this.#fail(4, `revision ${after.revision} follows ${before?.revision}`);
    if (before === undefined) return;
    const stored = entries.all().filter(({ revision }) => revision === before.revision);
    if (stored.length !== 1 || !isDeepStrictEqual(stored[0], before.lastTransition))
      this.#fail(4, `revision ${before.revision} was replaced and history has ${stored.length} entries of it`);
    if (!isDeepStrictEqual(after.lastTransition.from?.stable, before.stable))
      this.#fail(4, `the entry of revision ${after.revision} does not begin where ${before.revision} ended`);
  }

  /** 1: what callers are brought to is registered and not barred. Going back asks for nothing. */
  #checkStanding(before: Head | undefined, after: Head): void {
    const { kind } = after.lastTransition;
    const entering = kind === 'start-canary' ? after.candidate?.release : kind === 'promote' ? after.stable : undefined;
    if (entering === undefined) return;
    const { quarantines } = this.#stage.world.org.evidence;
    const barred = quarantines.peek(entering);
    if (barred && barred.overriddenAt === undefined) {
      this.#fail(
        1,
        `revision ${after.revision} brings callers to ${entering.slice(0, 8)}, which was barred at ${barred.at}`,
      );
    }
    if (kind === 'promote' && before?.stable !== after.lastGood)
      this.#fail(1, `revision ${after.revision} promotes, and last-good is not what was stable`);
  }

  /** 2: one promotion at a time; a superseded one writes nothing. */
  #checkPromotion(before: Head | undefined, after: Head): void {
    const { kind, promotionId, revision } = after.lastTransition;
    const present = before?.candidate?.promotionId;
    if (kind === 'start-canary' && present !== undefined)
      this.#fail(2, `revision ${revision} starts ${promotionId} while ${present} runs`);
    if ((kind === 'set-weight' || kind === 'promote' || kind === 'abort') && promotionId !== present)
      this.#fail(2, `revision ${revision}: ${kind} of ${promotionId} while ${present ?? 'nothing'} runs`);
  }

  /** 5 and 13: nobody is moved towards a candidate, or blames it, by what was not measured. */
  #checkEvidence(before: Head | undefined, after: Head): void {
    const { lastTransition, candidate } = after;
    const { kind, promotionId, revision, follows = [] } = lastTransition;
    const { nowMs, org } = this.#stage.world;
    if (promotionId === undefined) return;
    const plan = org.promotions.records.peek(promotionId)?.input.plan;
    if (plan === undefined) return;
    const seen = this.#seenOf(promotionId);
    const isLate = nowMs - seen.newestMs > plan.evidenceDeadlineMinutes * 60_000 + skewMs;
    if (kind === 'promote' && seen.known < plan.minimumCallsToPromote) {
      this.#fail(
        5,
        `revision ${revision} promotes after ${seen.known} known calls; the plan wants ${plan.minimumCallsToPromote}`,
      );
    }
    if (kind === 'promote' && isLate) this.#fail(5, `revision ${revision} promotes on evidence that is too old`);
    const grew = kind === 'set-weight' && (candidate?.weightPercent ?? 0) > (before?.candidate?.weightPercent ?? 0);
    if (grew && (seen.begun < plan.minimumCallsToAdvance || isLate)) {
      this.#fail(
        13,
        `revision ${revision} sends more callers to a candidate of ${seen.begun} calls, ${seen.known} of them known`,
      );
    }
    const bars = follows.some((one) => one.kind === 'quarantine' && one.promotionId === promotionId);
    if (bars && seen.failed === 0)
      this.#fail(13, `revision ${revision} bars a release none of whose known calls failed (${seen.known} known)`);
    if (kind === 'promote') void this.#checkDecision(promotionId, revision);
  }

  async #checkDecision(promotionId: PromotionId, revision: number): Promise<void> {
    const [latest] = await this.#stage.world.org.promotions.decisions(promotionId, 1);
    if (latest?.verdict !== 'promote')
      this.#fail(5, `revision ${revision} promotes, and the latest decision says ${latest?.verdict ?? 'nothing'}`);
  }

  /** 3: a session keeps what was assigned to it. */
  #sessionWritten({ before, after }: ItemChange<SessionRecord>): void {
    const { assignment, hostId, result, countsInTest } = after;
    const { world } = this.#stage;
    if (before && !isDeepStrictEqual(before.assignment, assignment))
      this.#fail(3, `session ${assignment.sessionId} was assigned anew`);
    const hosted = this.#stage.fleet.hosts.get(addressOf(hostId))?.settings.release;
    if (hosted !== undefined && hosted !== assignment.release) {
      this.#fail(
        3,
        `session ${assignment.sessionId} of ${assignment.release.slice(0, 8)} is on a host of ${hosted.slice(0, 8)}`,
      );
    }
    const { promotionId, arm } = assignment;
    world.chronicle.note(
      `session ${assignment.sessionId} ${arm} ${hostId} ${result?.outcome ?? 'open'} ${result?.lost ?? ''}`,
    );
    if (promotionId === undefined || arm !== 'candidate' || !countsInTest || result?.lost !== undefined) return;
    const seen = this.#seenOf(promotionId);
    if (before === undefined) seen.begun += 1;
    const wasKnown = before?.result !== undefined || before?.aliveUntil !== undefined;
    const isKnown = result !== undefined || after.aliveUntil !== undefined;
    if (isKnown && !wasKnown) seen.known += 1;
    if (result?.outcome === 'failed' && before?.result === undefined) seen.failed += 1;
    seen.newestMs = world.nowMs;
  }

  /** 6: once a candidate has left the head, no new session starts on it; and none past the end of its lease. */
  #callStarted(edgeId: string, { arm, promotionId, release, sessionId }: SessionAssignment): void {
    const { world } = this.#stage;
    if (arm !== 'candidate' || promotionId === undefined) return;
    const { overMs } = this.#seenOf(promotionId);
    // An edge that cannot read the head goes on with what it has.
    const couldSeeMs = Math.max(overMs ?? 0, world.processes.stormyUntilMs);
    if (overMs !== undefined && world.nowMs > couldSeeMs + seenWithinMs) {
      this.#fail(
        6,
        `session ${sessionId} starts on ${release.slice(0, 8)} by ${edgeId} ${world.nowMs - overMs} ms after it left the head`,
      );
    }
    const { head } = world;
    const until = head?.candidate?.promotionId === promotionId ? Date.parse(head.candidate.exposureUntil) : undefined;
    if (until !== undefined && world.nowMs > until + skewMs + seenWithinMs)
      this.#fail(6, `session ${sessionId} starts on ${release.slice(0, 8)} after its exposure ran out`);
  }
}
