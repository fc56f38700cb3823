import type { SessionAssignment, SessionRecord, SessionResult } from '#core/session/session-record.ts';

/** The secret keys of an org; implementations cache. */
export interface KeySource {
  /** HS256 key that signs customer tokens, tickets and assignments. */
  readonly sessionKey: () => Promise<Uint8Array>;
  /** Auth token of the telephony account, which signs its webhooks. */
  readonly telephonyAuthToken: () => Promise<string>;
}

/** Session records. Every write may be repeated: the same write again changes nothing. */
export interface SessionLog {
  /**
   * Claims the caller's first call of a promotion. True when this session is that call, also when it asks again.
   */
  readonly claimFirstCall: (promotionId: string, callerHash: string, sessionId: string) => Promise<boolean>;
  /** Writes the start row. @returns false when another host already runs this session */
  readonly open: (record: SessionRecord) => Promise<boolean>;
  /** Writes the result, once: a record that has one keeps it. */
  readonly close: (sessionId: string, result: SessionResult) => Promise<void>;
}

/** What a host says about itself; it holds for 10 seconds. */
export interface HostLease {
  readonly hostId: string;
  readonly service: string;
  readonly releaseId: string;
  /** `ip:port` */
  readonly address: string;
  readonly freeProcesses: number;
  readonly activeSessions: number;
  readonly warmTarget: number;
  readonly ready: boolean;
  readonly draining: boolean;
  /** Why the host is not ready, for people. */
  readonly problem?: string;
  /** Epoch milliseconds. */
  readonly leaseUntil: number;
}

export interface MetricPoint {
  readonly name: string;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** Custom metrics with one-second storage resolution. At most 100 points a call. */
export interface MetricSink {
  readonly publish: (points: readonly MetricPoint[], at: Date) => Promise<void>;
}

/** Keeps this task from being stopped while it carries calls. */
export interface TaskProtection {
  /** @param minutes how long protection holds unless renewed; 1 to 2,880 */
  readonly set: (enabled: boolean, minutes: number) => Promise<void>;
}

/** The start of a call that its release could not carry, as a whole record. */
export type FailedStart = { readonly assignment: SessionAssignment; readonly detail: string };
