import type { JudgePorts } from '#operations/canary/judge.ts';
import { carryOut, type CarryOutPorts } from '#operations/outbox/carry-out.ts';
import type { PageRefusedPorts } from '#operations/paging/page-refused.ts';
import type { GiveUpPorts } from '#operations/promotion/give-up-promotion.ts';
import { type CanaryPlan, parsePlan } from '#core/canary/plan.ts';
import type { Clock } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import type { ReleaseEvidence } from '#core/evidence/release-evidence.ts';
import type { HostLease, HostStore } from '#core/host/leases.ts';
import type { Page } from '#core/promotion/pager.ts';
import type { PromotionInput } from '#core/promotion/promotion-input.ts';
import type { PromotionRecord, PromotionStore } from '#core/promotion/promotion-store.ts';
import type { ServiceSettings } from '#core/promotion/service-settings.ts';
import { VersionLabel } from '#core/release/version-label.ts';
import { SessionRecord } from '#core/session/session-record.ts';
import type { SessionStore } from '#core/session/session-store.ts';
import type { Command } from '#core/version-set/command.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head, HistoryEntry } from '#core/version-set/head.ts';
import { ReleaseId } from '#core/words/digest.ts';
import { OrgName, SetName } from '#core/words/names.ts';
import { hostKey } from '#memory/leases.ts';
import { openMemoryOrg } from '#memory/org.ts';
import type { Operation } from '#memory/wire.ts';
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
    openedAt: new Date(startedMs).toISOString(),
    ...(changes.open !== true && {
      result: {
        endedAt: new Date(startedMs + 10_000).toISOString(),
        recordedAt: new Date(startedMs + 10_000).toISOString(),
        outcome,
        ...(outcome === 'failed' && { errorClass: 'tool' }),
        costUsd: 0.1,
        turns: 4,
        slowTurns: 0,
      },
    }),
  });
};

/** An org in memory as the operations' tests need it: with a clock that stands until it is moved, and faults to switch on. */
export class FakeOrg {
  nowMs = startMs;
  readonly clock: Clock = { now: () => this.nowMs, after: (_delayMs, task) => noCancel(queueMicrotask(task)) };
  readonly logged: { readonly level: string; readonly event: string; readonly fields: unknown }[] = [];
  readonly services: ServiceSettings = [{ name: service, baselineErrorRate: 0.05, expectedCallsPerMinute: 60 }];
  /** Thrown by the pager until it is set to undefined. */
  pagerError: Error | undefined;
  /** Told of every write, before and after it; what it throws ends the caller. */
  onWrite: ((moment: 'before' | 'after') => void) | undefined;
  readonly otherSet = SetName.parse('preview');
  /** Thrown by every read of sessions. */
  sessionsError: Error | undefined;

  /** Every port of the org. Any release stands as registered until it is quarantined. */
  readonly memory = openMemoryOrg({
    clock: this.clock,
    random: () => 0,
    keys: { sessionKey: 'k'.repeat(32), telephonyAuthToken: 'token' },
    standing: async (id) => {
      const barred = await this.memory.evidence.quarantineOf(id);
      return barred && barred.overriddenAt === undefined ? 'quarantined' : 'registered';
    },
    wire: {
      before: async (operation) => {
        await this.#refuse(operation);
        if (operation.kind === 'write') this.onWrite?.('before');
      },
      after: async ({ kind }) => {
        if (kind === 'write') this.onWrite?.('after');
      },
    },
  });

  readonly heads: HeadStore = this.memory.heads;
  readonly promotions: PromotionStore = this.memory.promotions;
  readonly evidence: ReleaseEvidence = this.memory.evidence;
  readonly hosts: HostStore = this.memory.hosts;
  /** An object of its own, so that a test may put another method in. */
  readonly sessionStore: SessionStore = { ...this.memory.sessions };

  readonly now = (): Date => new Date(this.nowMs);

  /** Applies commands one after the other; each must move or renew the head. */
  async move(...commands: readonly Command[]): Promise<void> {
    for (const command of commands) {
      const result = await this.heads.apply(service, productionSet, command, { by: 'test', at: this.now() });
      if (result.kind !== 'moved' && result.kind !== 'renewed')
        throw new LastgoodError('internal', `${command.kind} was ${result.kind}: ${JSON.stringify(result)}`);
    }
  }

  get head(): Head {
    const head = this.memory.headItems.heads.peek(`${service}#${productionSet}`);
    if (!head) throw new LastgoodError('internal', 'the set has no head');
    return head;
  }

  /** Archived entries, oldest first. */
  get history(): readonly HistoryEntry[] {
    return this.memory.headItems.entries.all().toSorted((one, other) => one.revision - other.revision);
  }

  /** The sessions as they are stored now; what is pushed is stored. */
  get sessions(): SessionRecord[] {
    const { records } = this.memory.sessions;
    const push = (...added: readonly SessionRecord[]): number => {
      for (const record of added) records.place(record.assignment.sessionId, record);
      return records.all().length;
    };
    return Object.assign([...records.all()], { push });
  }

  /** Why each release is quarantined; what is set is stored. */
  get quarantined(): Map<ReleaseId, string> {
    const { quarantines } = this.memory.evidence;
    const reasons = new Map(quarantines.entries().map(([id, { reason }]) => [ReleaseId.parse(id), reason]));
    const set = (id: ReleaseId, reason: string): typeof reasons => {
      quarantines.place(id, { reason, at: this.now().toISOString(), by: 'test' });
      return reasons;
    };
    return Object.assign(reasons, { set });
  }

  get promotionRecords(): ReadonlyMap<string, PromotionRecord> {
    return new Map(this.memory.promotions.records.entries());
  }

  get pages(): readonly Page[] {
    return this.memory.pager.sent;
  }

  addHost(id: ReleaseId, changes: Partial<HostLease> = {}): void {
    const { leases } = this.memory.hosts;
    const lease: HostLease = {
      hostId: `host-${leases.all().length + 1}`,
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
    };
    leases.place(hostKey(lease), lease);
  }

  async removeHosts(): Promise<void> {
    for (const lease of this.memory.hosts.leases.all()) await this.hosts.remove(lease);
  }

  readonly log = {
    info: (event: string, fields?: unknown) => void this.logged.push({ level: 'info', event, fields }),
    warn: (event: string, fields?: unknown) => void this.logged.push({ level: 'warn', event, fields }),
    error: (event: string, fields?: unknown) => void this.logged.push({ level: 'error', event, fields }),
  };

  get events(): readonly string[] {
    return this.logged.map(({ event }) => event);
  }

  judgePorts(): JudgePorts {
    const { judgeStates, sessions } = this.memory;
    return { judgeStates, calls: sessions.calls, clock: this.clock, log: this.log };
  }

  abortPorts(by = 'lambda:test'): GiveUpPorts & { readonly by: string } {
    const { heads, promotions, clock } = this;
    return { heads, promotions, history: this.memory.history, clock, by };
  }

  pagePorts(): CarryOutPorts & PageRefusedPorts & { readonly heads: HeadStore } {
    const { releases, artifacts, pager, pageLog, outbox } = this.memory;
    const { heads, evidence, promotions, clock, log } = this;
    const part = artifacts.get;
    const who = { org: 'acme-test', by: 'lambda:test' };
    return { heads, evidence, promotions, clock, log, releases, part, pager, pageLog, outbox, ...who };
  }

  /** What the consumer of the stream does with every transition so far. @returns entries that were settled */
  carryOut(): Promise<number> {
    return carryOut(this.pagePorts())(service, productionSet);
  }

  async #refuse({ store, kind }: Operation): Promise<void> {
    if (this.pagerError && store === 'pages') throw this.pagerError;
    if (this.sessionsError && store === 'sessions' && kind === 'read') throw this.sessionsError;
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

/** What was put off runs at once, so there is nothing to cancel. */
const noCancel = (_begun: void) => (): void => undefined;
