import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { HostLease } from '#core/host/leases.ts';
import type { SessionAssignment } from '#core/session/session-record.ts';
import type { Ticket } from '#core/session/tokens.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { SessionId } from '#core/words/ids.ts';
import { type Clock, pause, timestampOf } from '#core/clock.ts';
import type { CallLog } from '../log.ts';
import type { FailedStart } from '../failed-start.ts';
import { type Choice, chooseRelease } from './choose-release.ts';
import type { HeadCache } from './head-cache.ts';
import type { HostCache } from './host-cache.ts';
import type { HostChoice } from './host-choice.ts';
import type { HostAnswer, HostRequest } from './host-connection.ts';
import type { WaitQueue } from './wait-queue.ts';

/** Hosts that one attempt may ask. */
const maxHostsPerAttempt = 3;
/** A host answers an upgrade in milliseconds, or asks three silent processes first; a call that waits longer is offered elsewhere. */
const hostAnswerLimitMs = 4_000;
/** Looks of one attempt: some for a candidate that is full for a moment, then stable. */
const maxLooks = 4;
const fullPauseMs = 100;

export interface DispatcherOptions {
  readonly clock: Clock;
  /** Signs what was decided, for the host. */
  readonly sign: (assignment: SessionAssignment) => Promise<string>;
  readonly heads: HeadCache;
  readonly hosts: HostCache;
  readonly choice: HostChoice;
  readonly queue: WaitQueue;
  readonly offerCall: (request: HostRequest) => Promise<HostAnswer>;
  /** Keeps the evidence that a candidate could not start a call. */
  readonly recordFailedStart: (failed: FailedStart) => void;
}

/** A call that has passed the gate and needs a process. */
export interface PendingCall {
  readonly ticket: Ticket;
  readonly headers: IncomingHttpHeaders;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
  readonly log: CallLog;
  /** Epoch milliseconds of the upgrade request. */
  readonly acceptedAt: number;
}

export type Dispatched =
  | { readonly kind: 'started'; readonly assignment: SessionAssignment; readonly socket: Socket; readonly head: Buffer }
  | { readonly kind: 'busy' }
  | { readonly kind: 'no-release' }
  | { readonly kind: 'gone' };

/** A call on its way: what earlier attempts have decided about it. */
interface Way {
  result: Dispatched | undefined;
  /** The release beside stable that could not start this call; it goes to stable from now on. */
  failed: ReleaseId | undefined;
  /** Attempts that may have left a record under their session id. */
  maybeStarted: number;
}

/** `moved`: the head changed meanwhile. `full`: hosts are there, all busy for the moment. */
type Attempt = 'settled' | 'moved' | 'full' | 'no-host' | 'unknown-hosts';

/** Finds a process for each call: release by the head of this very moment, host by load, then the bounded queue. */
export class Dispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  async dispatch(call: PendingCall): Promise<Dispatched> {
    const { heads, queue } = this.#options;
    const { service, set } = call.ticket;
    if (!(await heads.get(service, set)) && !call.ticket.pin) return { kind: 'no-release' };
    const way: Way = { result: undefined, failed: undefined, maybeStarted: 0 };
    const poolOf = () => this.#choose(call, way)?.release ?? '';
    const attempt = async () => call.signal.aborted || (await this.#attempt(call, way)) === 'settled';
    const behind = queue.hasWaiting(poolOf());
    if (behind || !(await attempt())) {
      const waitedFrom = this.#options.clock.now();
      const started = await queue.wait(service, poolOf, attempt);
      call.log.info('waited', { started, latencyMs: this.#options.clock.now() - waitedFrom });
    }
    if (call.signal.aborted && way.result?.kind !== 'started') return { kind: 'gone' };
    return way.result ?? { kind: 'busy' };
  }

  /** Invariant 6: chosen anew at each attempt, so a queued call follows the head of the moment it starts. */
  #choose(call: PendingCall, way: Way): Choice | undefined {
    const { heads, clock } = this.#options;
    const head = heads.current(call.ticket.service, call.ticket.set);
    return chooseRelease(head, call.ticket, clock.now(), way.failed);
  }

  async #attempt(call: PendingCall, way: Way): Promise<Attempt> {
    for (let look = 0; look < maxLooks; look++) {
      if (look > 0) await pause(this.#options.clock, fullPauseMs, call.signal);
      const choice = this.#choose(call, way);
      if (!choice) return 'no-host';
      const assignment = this.#assignment(call, way, choice);
      const outcome = await this.#offer(call, way, choice, assignment);
      if (outcome === 'settled' || call.signal.aborted) return outcome;
      if (outcome === 'moved') continue;
      if (choice.arm === 'stable' || choice.probe) return outcome;
      // A burst empties a warm pool for a moment only; a release is not given up for that at once.
      if (outcome === 'full' && look < maxLooks - 2) continue;
      this.#giveUp(call, way, assignment, outcome);
    }
    return 'full';
  }

  #giveUp(call: PendingCall, way: Way, assignment: SessionAssignment, outcome: Attempt): void {
    way.failed = assignment.release;
    // Hosts that could not even be listed say nothing about the candidate: unknown is not failed.
    if (outcome === 'unknown-hosts') return;
    if (assignment.arm === 'holdback') {
      call.log.warn('last-good-did-not-start', { release: assignment.release, reason: outcome });
      return;
    }
    const detail = 'no host of the candidate could start the call';
    const sessionId = SessionId.parse(`${assignment.sessionId}-f`);
    this.#options.recordFailedStart({ assignment: { ...assignment, sessionId }, detail });
    const { release, promotionId } = assignment;
    call.log.warn('candidate-start-failed', { release, promotion_id: promotionId, reason: outcome });
  }

  async #offer(call: PendingCall, way: Way, choice: Choice, assignment: SessionAssignment): Promise<Attempt> {
    const { hosts, choice: hostChoice } = this.#options;
    const listed = await hosts.get(assignment.service, choice.release);
    if (!listed) return 'unknown-hosts';
    const tried = new Set<string>();
    let current = assignment;
    let full = listed.length > 0;
    while (tried.size < maxHostsPerAttempt && !call.signal.aborted) {
      if (this.#choose(call, way)?.release !== choice.release) return 'moved';
      const host = hostChoice.pick(listed, tried);
      if (!host) break;
      tried.add(host.hostId);
      const answer = await this.#offerTo(host, call, current);
      if (answer.kind === 'accepted') {
        way.result = { kind: 'started', assignment: current, socket: answer.socket, head: answer.head };
        return 'settled';
      }
      call.log.warn('host-did-not-start', { host: host.hostId, arm: choice.arm, detail: answer.detail });
      hostChoice.avoid(host, answer.kind === 'refused' ? 'full' : 'unreachable');
      full = answer.kind === 'refused';
      // The first host may have opened the record of this id, so the next one needs its own.
      if (answer.kind === 'failed' && answer.maybeStarted) {
        way.maybeStarted++;
        current = this.#assignment(call, way, choice);
      }
    }
    return full ? 'full' : 'no-host';
  }

  async #offerTo(host: HostLease, call: PendingCall, assignment: SessionAssignment): Promise<HostAnswer> {
    const { sign, choice, offerCall } = this.#options;
    const token = await sign(assignment);
    choice.sent(host);
    const { headers, signal } = call;
    return offerCall({ address: host.address, token, headers, limitMs: hostAnswerLimitMs, signal });
  }

  #assignment({ ticket, acceptedAt }: PendingCall, way: Way, choice: Choice): SessionAssignment {
    const { sessionId, traceId, service, set, customerId, affinityKey, channel } = ticket;
    return {
      sessionId: way.maybeStarted === 0 ? sessionId : SessionId.parse(`${sessionId}-${way.maybeStarted}`),
      traceId,
      service,
      set,
      customerId,
      callerHash: affinityKey,
      channel,
      arm: choice.arm,
      release: choice.release,
      ...(choice.promotionId !== undefined && { promotionId: choice.promotionId }),
      weightPercent: choice.weightPercent,
      probe: choice.probe,
      startedAt: timestampOf(acceptedAt),
    };
  }
}
