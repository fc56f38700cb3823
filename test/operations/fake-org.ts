import type { AbortPorts } from '#operations/promotion/abort-promotion.ts';
import { headStoreOver } from '#aws/head-store.ts';
import type { PagePorts } from '#operations/paging/page-promotion.ts';
import { type CanaryPlan, parsePlan } from '#core/canary/plan.ts';
import type { Clock } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import type { HostLease } from '#core/host/leases.ts';
import type { Page } from '#core/promotion/pager.ts';
import type { PromotionInput } from '#core/promotion/promotion-input.ts';
import type { Decision, PromotionEnd, PromotionRecord, PromotionStore } from '#core/promotion/promotion-store.ts';
import type { ServiceSettings } from '#core/promotion/service-settings.ts';
import { VersionLabel } from '#core/release/version-label.ts';
import { SessionRecord } from '#core/session/session-record.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { Command } from '#core/version-set/command.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head, HistoryEntry } from '#core/version-set/head.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { OrgName } from '#core/words/names.ts';
import { productionSet, promotion, release, service } from '../core/version-set/build.ts';

export const startMs = Date.UTC(2027, 0, 4, 12);

export const aPlan = (changes: Record<string, unknown> = {}): CanaryPlan =>
  parsePlan({
    name: 'test',
    steps: [
      { weightPercent: 25, bakeMinutes: 1 },
      { weightPercent: 50, bakeMinutes: 1 },
    ],
    marginPercentagePoints: 10,
    outcomeWindowMinutes: 1,
    evidenceDeadlineMinutes: 5,
    deadlineMinutes: 120,
    minimumCallsToAdvance: 3,
    minimumCallsToPromote: 10,
    ...changes,
  });

export const aPromotion = (changes: Partial<PromotionInput> = {}): PromotionInput => ({
  promotionId: promotion('p'),
  org: OrgName.parse('acme-test'),
  service,
  set: productionSet,
  release: release('b'),
  version: VersionLabel.parse('1.1'),
  plan: aPlan(),
  requestedBy: 'ci',
  attempt: 1,
  continuation: 0,
  ...changes,
});

export interface SessionChanges {
  readonly index: number;
  readonly arm?: 'stable' | 'candidate';
  readonly outcome?: 'completed' | 'failed' | 'escalated';
  /** Seconds after the start of the test. */
  readonly startSecond?: number;
  readonly open?: boolean;
  readonly promotionName?: string;
  readonly probe?: boolean;
  readonly countsInTest?: boolean;
  readonly weightPercent?: number;
  readonly hostId?: string;
}

/** A call of ten seconds. */
export const aSession = (changes: SessionChanges): SessionRecord => {
  const { index, arm = 'stable', outcome = 'completed', startSecond = index, promotionName = 'p' } = changes;
  const startedMs = startMs + startSecond * 1_000;
  const id = String(index).padStart(8, '0');
  return SessionRecord.parse({
    assignment: {
      sessionId: `session-${promotionName}-${id}`,
      traceId: id.padStart(32, '0'),
      service,
      set: productionSet,
      customerId: 'clinic',
      callerHash: id.padStart(64, '0'),
      channel: 'phone',
      arm,
      release: release(arm === 'stable' ? 'a' : 'b'),
      promotionId: promotion(promotionName),
      weightPercent: changes.weightPercent ?? 25,
      probe: changes.probe ?? false,
      startedAt: new Date(startedMs).toISOString(),
    },
    hostId: changes.hostId ?? 'host-1',
    overlayVersion: 0,
    configDigest: 'none',
    countsInTest: changes.countsInTest ?? true,
    ...(changes.open !== true && {
      result: {
        endedAt: new Date(startedMs + 10_000).toISOString(),
        outcome,
        ...(outcome === 'failed' && { errorClass: 'tool' }),
        costUsd: 0.1,
        turns: 4,
        slowTurns: 0,
      },
    }),
  });
};

/** An org's tables in memory, with the stores' own rules, and a clock that stands until it is moved. */
export class FakeOrg {
  nowMs = startMs;
  readonly headItems = new Map<string, Head>();
  readonly history: HistoryEntry[] = [];
  readonly quarantined = new Map<ReleaseId, string>();
  readonly promotionRecords = new Map<string, PromotionRecord>();
  readonly decisionsOf = new Map<string, Decision[]>();
  readonly sessions: SessionRecord[] = [];
  readonly leases: HostLease[] = [];
  readonly pages: Page[] = [];
  readonly logged: { readonly level: string; readonly event: string; readonly fields: unknown }[] = [];
  readonly services: ServiceSettings = [{ name: service, baselineErrorRate: 0.05, expectedCallsPerMinute: 60 }];
  /** Thrown by the pager until it is set to undefined. */
  pagerError: Error | undefined;
  /** Thrown by every list of sessions. */
  sessionsError: Error | undefined;
  private readonly sentPages = new Set<string>();

  readonly now = (): Date => new Date(this.nowMs);

  readonly clock: Clock = { now: () => this.nowMs, after: () => () => undefined };

  readonly heads: HeadStore = headStoreOver({
    read: (name, set) => Promise.resolve(this.headItems.get(`${name}#${set}`)),
    list: (name) => Promise.resolve([...this.headItems.values()].filter((head) => head.service === name)),
    standing: (id) => Promise.resolve(this.quarantined.has(id) ? 'quarantined' : 'registered'),
    archive: ({ lastTransition }) => {
      if (!this.history.some(({ revision }) => revision === lastTransition.revision)) this.history.push(lastTransition);
      return Promise.resolve();
    },
    replace: (from, to) => {
      const key = `${to.service}#${to.set}`;
      if (this.headItems.get(key)?.revision !== from?.revision) return Promise.resolve(false);
      this.headItems.set(key, to);
      return Promise.resolve(true);
    },
    renew: (head) => {
      this.headItems.set(`${head.service}#${head.set}`, head);
      return Promise.resolve(true);
    },
  });

  /** Applies commands one after the other; each must move or renew the head. */
  async move(...commands: readonly Command[]): Promise<void> {
    for (const command of commands) {
      const result = await this.heads.apply(service, productionSet, command, { by: 'test', at: this.now() });
      if (result.kind !== 'moved' && result.kind !== 'renewed')
        throw new LastgoodError('internal', `${command.kind} was ${result.kind}: ${JSON.stringify(result)}`);
    }
  }

  get head(): Head {
    const head = this.headItems.get(`${service}#${productionSet}`);
    if (!head) throw new LastgoodError('internal', 'the set has no head');
    return head;
  }

  readonly promotions: PromotionStore = {
    record: (record) => {
      const isNew = !this.promotionRecords.has(record.input.promotionId);
      if (isNew) this.promotionRecords.set(record.input.promotionId, record);
      return Promise.resolve(isNew);
    },
    get: (id) => Promise.resolve(this.promotionRecords.get(id)),
    end: (id, end: PromotionEnd) => {
      const record = this.promotionRecords.get(id);
      if (!record || record.end) return Promise.resolve(false);
      this.promotionRecords.set(id, { ...record, end });
      return Promise.resolve(true);
    },
    listByService: () => Promise.resolve([...this.promotionRecords.values()].map(({ input }) => input.promotionId)),
    decide: (id, decision) => {
      const all = this.decisionsOf.get(id) ?? [];
      const numbered = { number: all.length + 1, ...decision };
      this.decisionsOf.set(id, [numbered, ...all]);
      return Promise.resolve({ key: `PROMOTION#${id}/DECISION#${numbered.number}`, decision: numbered });
    },
    decisions: (id, limit = 1_000) => Promise.resolve((this.decisionsOf.get(id) ?? []).slice(0, limit)),
  };

  readonly sessionStore: Pick<SessionStore, 'listByService' | 'close'> = {
    listByService: (name, set, { from, to }) => this.listSessions(name, set, from, to),
    close: (sessionId, result) => {
      const at = this.sessions.findIndex(({ assignment }) => assignment.sessionId === sessionId);
      const record = this.sessions[at];
      if (record && record.result === undefined) this.sessions[at] = { ...record, result };
      return Promise.resolve();
    },
  };

  async *listSessions(name: string, set: string, from: Date, to?: Date): AsyncGenerator<SessionRecord> {
    if (this.sessionsError) throw this.sessionsError;
    const inRange = this.sessions.filter(({ assignment }) => {
      const startedMs = Date.parse(assignment.startedAt);
      const isIn = startedMs >= from.getTime() && startedMs < (to?.getTime() ?? Number.POSITIVE_INFINITY);
      return assignment.service === name && assignment.set === set && isIn;
    });
    yield* inRange.toSorted((one, other) => (one.assignment.startedAt < other.assignment.startedAt ? -1 : 1));
  }

  readonly hosts = {
    list: (name: string, id: string): Promise<readonly HostLease[]> =>
      Promise.resolve(this.leases.filter((lease) => lease.service === name && lease.releaseId === id)),
  };

  addHost(id: ReleaseId, changes: Partial<HostLease> = {}): void {
    this.leases.push({
      hostId: `host-${this.leases.length + 1}`,
      service,
      releaseId: id,
      address: '127.0.0.1:1',
      freeProcesses: 4,
      activeSessions: 0,
      warmTarget: 4,
      ready: true,
      draining: false,
      leaseUntil: this.nowMs + 3_600_000,
      ...changes,
    });
  }

  readonly log = {
    info: (event: string, fields?: unknown) => void this.logged.push({ level: 'info', event, fields }),
    warn: (event: string, fields?: unknown) => void this.logged.push({ level: 'warn', event, fields }),
    error: (event: string, fields?: unknown) => void this.logged.push({ level: 'error', event, fields }),
  };

  get events(): readonly string[] {
    return this.logged.map(({ event }) => event);
  }

  readonly evidence = {
    quarantine: (id: ReleaseId, { reason }: { readonly reason: string }): Promise<boolean> => {
      const isNew = !this.quarantined.has(id);
      if (isNew) this.quarantined.set(id, reason);
      return Promise.resolve(isNew);
    },
    quarantineOf: (id: ReleaseId) => {
      const reason = this.quarantined.get(id);
      return Promise.resolve(reason === undefined ? undefined : { reason, at: this.now().toISOString(), by: 'test' });
    },
  };

  abortPorts(by = 'lambda:test'): AbortPorts & { readonly by: string } {
    const { heads, evidence, promotions, clock } = this;
    return { heads, evidence, promotions, clock, by };
  }

  pagePorts(): PagePorts {
    return {
      heads: this.heads,
      releases: { get: () => Promise.resolve(undefined) },
      evidence: this.evidence,
      promotions: this.promotions,
      part: () => Promise.reject(new LastgoodError('not-found', 'no parts are stored')),
      pager: {
        send: (page) => {
          if (this.pagerError) return Promise.reject(this.pagerError);
          this.pages.push(page);
          return Promise.resolve('message-1');
        },
      },
      pageLog: {
        wasSent: (subject, kind) => Promise.resolve(this.sentPages.has(`${subject} ${kind}`)),
        markSent: (subject, kind) => {
          this.sentPages.add(`${subject} ${kind}`);
          return Promise.resolve();
        },
      },
      clock: this.clock,
      by: 'lambda:test',
    };
  }

  /** A canary of release b on stable a, started now, with its record. */
  async startCanary(input: PromotionInput = aPromotion()): Promise<void> {
    await this.move({ kind: 'initialize', release: release('a'), reason: 'first' });
    await this.move({
      kind: 'start-canary',
      promotionId: input.promotionId,
      release: input.release,
      weightPercent: 25,
      exposureUntil: new Date(this.nowMs + 300_000).toISOString(),
      seenRevision: 1,
      reason: 'canary',
    });
    await this.promotions.record({
      input,
      executionArn: 'arn:aws:states:execution',
      startedAt: this.now().toISOString(),
      incumbent: release('a'),
    });
  }
}
