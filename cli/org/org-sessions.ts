import { createHash } from 'node:crypto';
import type { Clock } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import { isLive } from '#core/host/leases.ts';
import { signCustomerToken, signTicket } from '#core/session/tokens.ts';
import type { SessionChannel } from '#core/words/channel.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { SessionId, TraceId } from '#core/words/ids.ts';
import { CustomerId, type ServiceName, type SetName } from '#core/words/names.ts';
import type { OrgAccess } from './org-access.ts';
import { edgeSessions, type EdgeSessionsOptions } from '#callers/edge-sessions.ts';
import type { PlaceCallsOptions } from '#callers/place-calls.ts';

type OpenSession = PlaceCallsOptions['openSession'];

/** Leases are read at most this often: they are renewed every 2 s and hold for 10. */
const leasesCachedMs = 2_000;
/** Tokens hold for an hour; a new one is signed well before. */
const tokenCachedMs = 1_800_000;

const cachedFor = <T>(clock: Clock, ms: number, load: () => Promise<T>): (() => Promise<T>) => {
  let value: Promise<T> | undefined;
  let until = 0;
  return () => {
    if (value === undefined || clock.now() >= until) {
      value = load();
      until = clock.now() + ms;
      value.catch(() => (value = undefined));
    }
    return value;
  };
};

/** Public URLs of the edges that hold a lease, each once. */
export const liveEdges = (access: OrgAccess, clock: Clock): (() => Promise<readonly string[]>) =>
  cachedFor(clock, leasesCachedMs, async () => {
    const leases = await access.edges.list();
    return [...new Set(leases.filter((lease) => isLive(lease, clock.now())).map(({ url }) => url))].sort();
  });

export interface OrgSessionsOptions {
  readonly service: ServiceName;
  /** A customer of the org. @default synthetic */
  readonly customer?: string;
  /** @default - signed for `customer` with the org's session key */
  readonly token?: string;
  /** @default phone */
  readonly channel?: SessionChannel;
  /** @default - `release` */
  readonly set?: string;
}

/** Sessions for synthetic callers of one org: customer token from its session key, edges from their leases. */
export const orgSessions = (access: OrgAccess, clock: Clock, options: OrgSessionsOptions): OpenSession => {
  const { token, customer = 'synthetic', service, channel, set } = options;
  const signed = cachedFor(clock, tokenCachedMs, async () =>
    signCustomerToken(
      await access.keys.sessionKey(),
      { sub: CustomerId.parse(customer), org: access.org.name },
      clock.now(),
    ),
  );
  const request: EdgeSessionsOptions = {
    edges: liveEdges(access, clock),
    token: token === undefined ? signed : () => Promise.resolve(token),
    service,
    clock,
    ...(channel !== undefined && { channel }),
    ...(set !== undefined && { set }),
  };
  return edgeSessions(request);
};

export interface ProbeSessionsOptions {
  readonly service: ServiceName;
  readonly set: SetName;
  readonly release: ReleaseId;
  /** 32 random hexadecimal characters, new each time. */
  readonly newHex: () => string;
}

/** Sessions of probe calls: pinned to the hosts of one release, kept out of every test and rate. */
export const probeSessions = (
  access: OrgAccess,
  clock: Clock,
  { service, set, release, newHex }: ProbeSessionsOptions,
): OpenSession => {
  const edges = liveEdges(access, clock);
  return async ({ callerId }) => {
    const [edge] = await edges();
    if (edge === undefined) throw new LastgoodError('not-found', `no edge of ${access.org.name} holds a lease`);
    const sessionId = SessionId.parse(newHex());
    const ticket = await signTicket(
      await access.keys.sessionKey(),
      {
        sessionId,
        traceId: TraceId.parse(newHex()),
        service,
        set,
        customerId: CustomerId.parse('probe'),
        affinityKey: createHash('sha256').update(callerId).digest('hex'),
        channel: 'phone',
        pin: release,
      },
      clock.now(),
    );
    return { url: `${edge}/calls/${ticket}`, sessionId };
  };
};
