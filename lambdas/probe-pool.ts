import { randomBytes } from 'node:crypto';
import { openTable } from '#aws/dynamodb.ts';
import { type HostLease, type HostStore, hostStore, isLive } from '#aws/host-store.ts';
import { keySource } from '#aws/secrets.ts';
import { LastgoodError, isLastgoodError } from '#core/errors.ts';
import { digestOf } from '#core/release/digest.ts';
import { SessionAssignment } from '#core/session/session-record.ts';
import { signAssignment } from '#core/session/tokens.ts';
import { lambdaHandler } from './handler.ts';
import { type PlaceProbe, placeProbe } from './place-probe.ts';
import { type Probed, Promotion } from './promotion-step.ts';

export interface ProbePoolPorts {
  readonly hosts: Pick<HostStore, 'list'>;
  readonly sessionKey: () => Promise<Uint8Array>;
  readonly place: PlaceProbe;
  readonly now: () => Date;
  /** @returns 16 random bytes */
  readonly random: () => Buffer;
}

const limitMs = 15_000;
/** A host may go away between its lease and the call; a release that cannot speak fails on every host. */
const maxHosts = 3;

/** Places a synthetic call through the candidate before any caller meets it; a release that stays silent goes no further. */
export const probePool =
  ({ hosts, sessionKey, place, now, random }: ProbePoolPorts) =>
  async (promotion: Promotion): Promise<Probed> => {
    const leases = await hosts.list(promotion.service, promotion.release);
    const ready = leases.filter((host) => host.ready && !host.draining && isLive(host, now().getTime()));
    if (ready.length === 0)
      throw new LastgoodError('pool-not-ready', 'the pool has no host that takes calls any more', { retryable: true });
    const failures: string[] = [];
    for (const host of ready.slice(0, maxHosts)) {
      const probe = await probeHost(host, promotion, { sessionKey, place, now, random });
      if (typeof probe !== 'string') return probe;
      failures.push(probe);
    }
    throw new LastgoodError(
      'pool-not-ready',
      `no synthetic call through the release succeeded: ${failures.join('; ')}`,
    );
  };

const probeHost = async (
  host: HostLease,
  { service, set, release }: Promotion,
  { sessionKey, place, now, random }: Omit<ProbePoolPorts, 'hosts'>,
): Promise<Probed | string> => {
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
    startedAt: now().toISOString(),
  });
  try {
    const token = await signAssignment(await sessionKey(), assignment, now().getTime());
    const { firstAudioMs } = await place({
      address: host.address,
      token,
      sessionId: assignment.sessionId,
      limitMs,
    });
    return { hostId: host.hostId, firstAudioMs };
  } catch (error) {
    if (isLastgoodError(error, 'pool-not-ready') || isLastgoodError(error, 'timeout')) return error.message;
    throw error;
  }
};

export const handler = lambdaHandler('probe-pool', Promotion, ({ connection, environment, now }) =>
  probePool({
    hosts: hostStore(openTable(connection, environment.HOSTS_TABLE)),
    // The probe has no use for the telephony secret and no permission to read it.
    sessionKey: keySource(connection, { sessionKey: environment.SESSION_KEY_SECRET, telephony: '' }).sessionKey,
    place: placeProbe,
    now,
    random: () => randomBytes(16),
  }),
);
