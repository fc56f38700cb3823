import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { LastgoodError } from '../errors.ts';
import { SessionChannel } from '../words/channel.ts';
import { ReleaseId } from '../words/digest.ts';
import { SessionId, TraceId } from '../words/ids.ts';
import { CustomerId, OrgName, ServiceName, SetName } from '../words/names.ts';
import { SessionAssignment } from './session-record.ts';

/** A ticket is for one use within this time; a host assignment only has to cross the network. */
export const tokenSeconds = { ticket: 300, assignment: 30 } as const;

const audiences = { customer: 'lastgood', ticket: 'lastgood-ticket', assignment: 'lastgood-host' } as const;

/** What an app's backend signs for its customer: the only source of customer context (T5). */
export const CustomerClaims = z.object({ sub: CustomerId, org: OrgName }).readonly();
export type CustomerClaims = z.infer<typeof CustomerClaims>;

/** Admits one call. The `jti` of the token is the session's id. */
export const Ticket = z
  .object({
    sessionId: SessionId,
    traceId: TraceId,
    service: ServiceName,
    set: SetName,
    customerId: CustomerId,
    /** Hash of the caller: the unit of assignment. */
    affinityKey: z.string().regex(/^[0-9a-f]{64}$/),
    channel: SessionChannel,
    /** Sends a probe's call to this release, whatever the head says. Only probes sign it. */
    pin: ReleaseId.optional(),
  })
  .readonly();
export type Ticket = z.infer<typeof Ticket>;

const algorithm = 'HS256';

interface Signed {
  readonly audience: string;
  readonly nowMs: number;
  readonly lifetimeSeconds: number;
  readonly jti?: string;
}

const sign = async (
  key: Uint8Array,
  claims: Record<string, unknown>,
  { audience, nowMs, lifetimeSeconds, jti }: Signed,
) => {
  const issuedAt = Math.floor(nowMs / 1000);
  const token = new SignJWT(claims)
    .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeSeconds);
  if (jti !== undefined) token.setJti(jti);
  return token.sign(key);
};

const verify = async <T>(
  key: Uint8Array,
  token: string,
  audience: string,
  schema: z.ZodType<T>,
  nowMs: number,
): Promise<T> => {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      audience,
      currentDate: new Date(nowMs),
      requiredClaims: ['exp'],
    });
    return schema.parse({ ...payload, ...(payload.jti !== undefined && { sessionId: payload.jti }) });
  } catch (cause) {
    // The token itself never enters the message: it is a credential until it expires.
    throw new LastgoodError('unauthorized', `the ${audience} token is missing, wrong or expired; ask for a new one`, {
      cause,
    });
  }
};

/** Signs what an app presents to `POST /sessions`. Keys are the bytes of the secret `lastgood/session-key`. */
export const signCustomerToken = (
  key: Uint8Array,
  claims: CustomerClaims,
  nowMs: number,
  lifetimeSeconds = 3_600,
): Promise<string> =>
  sign(key, { sub: claims.sub, org: claims.org }, { audience: audiences.customer, nowMs, lifetimeSeconds });

/** @throws LastgoodError `unauthorized` */
export const verifyCustomerToken = (key: Uint8Array, token: string, nowMs: number): Promise<CustomerClaims> =>
  verify(key, token, audiences.customer, CustomerClaims, nowMs);

export const signTicket = (key: Uint8Array, { sessionId, ...claims }: Ticket, nowMs: number): Promise<string> =>
  sign(key, claims, { audience: audiences.ticket, nowMs, lifetimeSeconds: tokenSeconds.ticket, jti: sessionId });

/** Checks signature, audience and age; whether it was used before is the caller's to find out. @throws LastgoodError `unauthorized` */
export const verifyTicket = (key: Uint8Array, token: string, nowMs: number): Promise<Ticket> =>
  verify(key, token, audiences.ticket, Ticket, nowMs);

/** Signs what the edge decided, for the host (header `x-lastgood-session`). */
export const signAssignment = (
  key: Uint8Array,
  { sessionId, ...claims }: SessionAssignment,
  nowMs: number,
): Promise<string> =>
  sign(key, claims, {
    audience: audiences.assignment,
    nowMs,
    lifetimeSeconds: tokenSeconds.assignment,
    jti: sessionId,
  });

const AssignmentClaims = z
  .looseObject({})
  .transform(({ aud: _aud, iat: _iat, exp: _exp, jti: _jti, ...assignment }) => assignment)
  .pipe(SessionAssignment);

/** @throws LastgoodError `unauthorized` */
export const verifyAssignment = (key: Uint8Array, token: string, nowMs: number): Promise<SessionAssignment> =>
  verify(key, token, audiences.assignment, AssignmentClaims, nowMs);
