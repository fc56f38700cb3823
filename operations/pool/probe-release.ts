import { type Clock, timestampOf } from '#core/clock.ts';
import { isLastgoodError } from '#core/errors.ts';
import { type HostLease, type HostStore, isLive } from '#core/host/leases.ts';
import type { PlaceProbe } from '#core/session/place-probe.ts';
import { SessionAssignment } from '#core/session/session-record.ts';
import { signAssignment } from '#core/session/tokens.ts';
import { digestOf, type ReleaseId } from '#core/words/digest.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';

export interface ProbePorts {
  readonly hosts: Pick<HostStore, 'list'>;
  readonly sessionKey: () => Promise<Uint8Array>;
  readonly place: PlaceProbe;
  readonly clock: Clock;
  /** @returns 16 random bytes */
  readonly random: () => Buffer;
}

export interface ProbeTarget {
  readonly service: ServiceName;
  readonly set: SetName;
  readonly release: ReleaseId;
}

export type ProbeResult =
  | { readonly kind: 'spoke'; readonly hostId: string; readonly firstAudioMs: number }
  | { readonly kind: 'no-host' }
  /** Why each host's call failed. */
  | { readonly kind: 'silent'; readonly failures: readonly string[] };

const limitMs = 15_000;
/** A host may go away between its lease and the call; a release that cannot speak fails on every host. */
const maxHosts = 3;

/** One synthetic call through a release, on the first of its hosts that carries it. */
export const probeRelease =
  (ports: ProbePorts) =>
  async (target: ProbeTarget): Promise<ProbeResult> => {
    const leases = await ports.hosts.list(target.service, target.release);
    const nowMs = ports.clock.now();
    const ready = leases.filter((host) => host.ready && !host.draining && isLive(host, nowMs));
    if (ready.length === 0) return { kind: 'no-host' };
    const failures: string[] = [];
    for (const host of ready.slice(0, maxHosts)) {
      const probe = await probeHost(ports, host, target);
      if (typeof probe !== 'string') return { kind: 'spoke', ...probe };
      failures.push(probe);
    }
    return { kind: 'silent', failures };
  };

const probeHost = async (
  { sessionKey, place, clock, random }: ProbePorts,
  { hostId, address }: HostLease,
  { service, set, release }: ProbeTarget,
): Promise<{ readonly hostId: string; readonly firstAudioMs: number } | string> => {
  const traceId = random().toString('hex');
  const assignment = SessionAssignment.parse({
    sessionId: `probe-${traceId}`,
    traceId,
    service,
    set,
    customerId: 'lastgood-probe',
    callerHash: digestOf(traceId),
    channel: 'phone',
    arm: 'stable',
    release,
    weightPercent: 0,
    probe: true,
    startedAt: timestampOf(clock.now()),
  });
  try {
    const token = await signAssignment(await sessionKey(), assignment, clock.now());
    const { firstAudioMs } = await place({ address, token, sessionId: assignment.sessionId, limitMs });
    return { hostId, firstAudioMs };
  } catch (error) {
    if (isLastgoodError(error, 'pool-not-ready') || isLastgoodError(error, 'timeout')) return error.message;
    throw error;
  }
};
