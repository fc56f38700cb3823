import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { HostLease } from '#core/host/leases.ts';
import type { SessionAssignment } from '#core/session/session-record.ts';
import type { Ticket } from '#core/session/tokens.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { SessionId } from '#core/words/ids.ts';
import type { LossReason } from '#core/words/loss.ts';
import { type Clock, timestampOf } from '#core/clock.ts';
import type { CallLog } from '../log.ts';
import { type Choice, chooseRelease } from './choose-release.ts';
import type { HeadCache } from './head-cache.ts';
import type { HostCache } from './host-cache.ts';
import type { HostChoice } from './host-choice.ts';
import type { HostAnswer, HostRequest } from './host-connection.ts';
import type { LostCall } from './lost-calls.ts';
import type { WaitQueue } from './wait-queue.ts';

/** Hosts that one attempt may ask. */
const maxHostsPerAttempt = 3;
/** A host answers an upgrade in milliseconds, or asks three silent processes first; a call that waits longer is offered elsewhere. */
const hostAnswerLimitMs = 4_000;
/** A head that moves under an attempt is followed so many times; after that the queue looks again. */
const maxLooks = 4;

export interface DispatcherOptions {
  readonly clock: Clock;
  /** Signs what was decided, for the host. */
  readonly sign: (assignment: SessionAssignment) => Promise<string>;
  readonly heads: HeadCache;
  readonly hosts: HostCache;
  readonly choice: HostChoice;
  readonly queue: WaitQueue;
  readonly offerCall: (request: HostRequest) => Promise<HostAnswer>;
  /** Told once about each call whose arm had no process for it to the end of its wait, whoever serves the caller then. */
  readonly onLost: (lost: LostCall) => void;
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
  /** Since when it waits, epoch milliseconds. */
  readonly sinceMs: number;
  /** Release of its arm, which had no process for it: the call goes to stable from now on. */
  givenUp: ReleaseId | undefined;
  /** Attempts that may have left a record under their session id. */
  maybeStarted: number;
  /** Why the latest attempt found no process. */
  reason: LossReason;
}

/** `moved`: the head changed meanwhile. */
type Attempt = 'settled' | 'moved' | LossReason;

/**
 * Finds a process for each call: release by the head of this very moment, host by load, then the bounded queue. Both arms wait in it
 * for the same time; a caller whose arm has nothing to the end of the wait is served by stable if that has room, and is lost to the
 * test in either case: a pool that is full says nothing about a release.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  async dispatch(call: PendingCall): Promise<Dispatched> {
    const { heads, clock } = this.#options;
    const { service, set, pin } = call.ticket;
    if (!(await heads.get(service, set)) && !pin) return { kind: 'no-release' };
    const way: Way = {
      result: undefined,
      sinceMs: clock.now(),
      givenUp: undefined,
      maybeStarted: 0,
      reason: 'busy',
    };
    if (!(await this.#place(call, way))) await this.#giveUp(call, way);
    if (way.result) return way.result;
    return { kind: call.signal.aborted ? 'gone' : 'busy' };
  }

  /** Invariant 6: chosen anew at each attempt, so a queued call follows the head of the moment it starts. */
  #choose({ ticket }: PendingCall, way: Way): Choice | undefined {
    const { heads, clock } = this.#options;
    return chooseRelease(heads.current(ticket.service, ticket.set), ticket, clock.now(), way.givenUp);
  }

  /** Tries at once, unless others wait for the same pool already, and then from the queue. @returns whether it has started */
  async #place(call: PendingCall, way: Way): Promise<boolean> {
    const mayTry = !this.#options.queue.hasWaiting(this.#poolOf(call, way));
    return (mayTry && (await this.#attempt(call, way))) || this.#wait(call, way);
  }

  async #wait(call: PendingCall, way: Way): Promise<boolean> {
    const { queue, clock } = this.#options;
    const waitedFrom = clock.now();
    const started = await queue.wait({
      service: call.ticket.service,
      sinceMs: way.sinceMs,
      poolOf: () => this.#poolOf(call, way),
      attempt: () => this.#attempt(call, way),
      isGone: () => call.signal.aborted,
    });
    call.log.info('waited', { started, latencyMs: clock.now() - waitedFrom });
    return started;
  }

  #poolOf(call: PendingCall, way: Way): string {
    return this.#choose(call, way)?.release ?? '';
  }

  /** The wait is over. No call is dropped because of a canary, so stable is asked for those that were drawn for another arm. */
  async #giveUp(call: PendingCall, way: Way): Promise<void> {
    const choice = this.#choose(call, way);
    if (!choice || choice.probe) return;
    const reason = call.signal.aborted ? 'gone' : way.reason;
    if (choice.arm !== 'stable' && reason !== 'gone') {
      way.givenUp = choice.release;
      // It has waited longer than all who wait for stable; or its own queue was full, and it waits there for what is left.
      if (!(await this.#attempt(call, way))) await this.#wait(call, way);
    }
    const assignment = this.#assignment(call, choice, '-lost');
    this.#options.onLost({ assignment, reason, served: way.result !== undefined });
    call.log.warn('call-lost-before-hand-over', { arm: choice.arm, release: choice.release, reason });
  }

  /** @returns whether the call has started */
  async #attempt(call: PendingCall, way: Way): Promise<boolean> {
    for (let look = 0; look < maxLooks && !call.signal.aborted; look++) {
      const choice = this.#choose(call, way);
      const outcome = choice ? await this.#offer(call, way, choice) : 'no-host';
      if (outcome === 'settled') return true;
      if (outcome === 'moved') continue;
      way.reason = outcome;
      return false;
    }
    return false;
  }

  async #offer(call: PendingCall, way: Way, choice: Choice): Promise<Attempt> {
    const { hosts, choice: hostChoice } = this.#options;
    const listed = await hosts.get(call.ticket.service, choice.release);
    if (!listed) return 'unknown-hosts';
    const tried = new Set<string>();
    let reason: LossReason = listed.length === 0 ? 'no-host' : way.reason === 'host-refused' ? way.reason : 'busy';
    while (tried.size < maxHostsPerAttempt && !call.signal.aborted) {
      if (this.#choose(call, way)?.release !== choice.release) return 'moved';
      const host = hostChoice.pick(listed, tried);
      if (!host) break;
      tried.add(host.hostId);
      // The first host may have opened the record of its id, so the next one needs its own.
      const assignment = this.#assignment(call, choice, way.maybeStarted === 0 ? '' : `-${way.maybeStarted}`);
      const answer = await this.#offerTo(host, call, assignment);
      if (answer.kind === 'accepted') {
        way.result = { kind: 'started', assignment, socket: answer.socket, head: answer.head };
        return 'settled';
      }
      call.log.warn('host-did-not-start', { host: host.hostId, arm: choice.arm, detail: answer.detail });
      hostChoice.avoid(host, answer.kind === 'refused' ? 'full' : 'unreachable');
      reason = answer.kind === 'refused' ? 'busy' : 'host-refused';
      if (answer.kind === 'failed' && answer.maybeStarted) way.maybeStarted++;
    }
    return reason;
  }

  async #offerTo(host: HostLease, call: PendingCall, assignment: SessionAssignment): Promise<HostAnswer> {
    const { sign, choice, offerCall } = this.#options;
    const token = await sign(assignment);
    choice.sent(host);
    const { headers, signal } = call;
    return offerCall({ address: host.address, token, headers, limitMs: hostAnswerLimitMs, signal });
  }

  #assignment({ ticket, acceptedAt }: PendingCall, choice: Choice, suffix: string): SessionAssignment {
    const { sessionId, traceId, service, set, customerId, affinityKey, channel } = ticket;
    return {
      sessionId: SessionId.parse(`${sessionId}${suffix}`),
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
      ...(choice.outcomeWindowSeconds !== undefined && { outcomeWindowSeconds: choice.outcomeWindowSeconds }),
      probe: choice.probe,
      startedAt: timestampOf(acceptedAt),
    };
  }
}
