import { z } from 'zod';
import { parseOrThrow } from '../parse.ts';
import { LastgoodError } from '../errors.ts';
import { OrgName, ServiceName } from '../words/names.ts';
import { Zone, isInZone, zones } from './zone.ts';

/** A service that the org runs. Alarms are synthesized per service, so the list is part of the org. */
export const OrgService = z.strictObject({
  name: ServiceName,
  /** The service's own share of failed calls before any release, 0 to 1: the prior of its canaries. @default 0.05 */
  baselineErrorRate: z.number().min(0).max(1).default(0.05),
  /** Share of failed calls in percent above which people are paged, whatever the release. @default 20 */
  errorFloorPercent: z.number().positive().max(100).default(20),
  /** Calls that reach the service per minute, for forecasts before it has history. @default 10 */
  expectedCallsPerMinute: z.number().positive().default(10),
  /** New calls one customer may start per minute (T7). @default 600 */
  customerCallsPerMinute: z.int().positive().default(600),
});
export type OrgService = z.infer<typeof OrgService>;

/** Somebody, or something, that pages go to. Email and sms reach people; an https endpoint is what the people on call use already. */
export const Contact = z.union(
  [
    /** Asked once by mail to confirm: until then nothing is sent. */
    z.strictObject({ email: z.string().regex(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'an address is <name>@<domain>') }),
    z.strictObject({ sms: z.string().regex(/^\+[1-9]\d{6,14}$/, 'a phone number is + and 7 to 15 digits') }),
    z.strictObject({ url: z.string().regex(/^https:\/\/[^/\s]+\S*$/, 'an endpoint is an https:// URL') }),
  ],
  'a contact has one of email, sms and url',
);
export type Contact = z.infer<typeof Contact>;

/** Production allows fewer plans, and has keys of its own. */
export const Stage = z.enum(['staging', 'production']);
export type Stage = z.infer<typeof Stage>;

/** One org: one AWS account in one home region. `orgs/<name>.yaml`. */
export const Org = z
  .strictObject({
    name: OrgName,
    /** The AWS account of this org alone, 12 digits in quotes. */
    account: z.string().regex(/^\d{12}$/, 'an AWS account id has 12 digits; quote it in YAML'),
    /** Home region; it belongs to the zone. */
    region: z.string(),
    zone: Zone,
    stage: Stage.default('production'),
    /** AWS Organizations id: principals of this organization may assume the operator role. @default - the account's own principals only */
    awsOrganization: z
      .string()
      .regex(/^o-[a-z0-9]{10,32}$/, 'an organization id looks like o-exampleorgid')
      .optional(),
    /** What callers reach here. */
    services: z.array(OrgService).min(1, 'an org runs at least one service').max(20, 'an org runs at most 20 services'),
    /** Who is paged. A production org has at least one. @default - nobody */
    contacts: z.array(Contact).max(20, 'an org has at most 20 contacts').default([]),
    edge: z
      .strictObject({
        /** @default 2 - one per availability zone */
        desiredCount: z.int().min(1).max(50).default(2),
        /** ACM certificate in the home region; without it the listener is plain TCP inside the VPC. */
        certificateArn: z.string().optional(),
        /** Public DNS name that points at the load balancer. @default - the load balancer's own name */
        domain: z.string().optional(),
        /** Calls that may wait for a free process, per edge. @default 100 */
        maxPendingSessions: z.int().min(0).max(10_000).default(100),
        /** How long a call may wait for a free process. @default 5000 */
        maxWaitMs: z.int().min(0).max(60_000).default(5_000),
      })
      .prefault({}),
    pool: z
      .strictObject({
        /** Hosts (tasks) per release pool. @default 1 */
        hosts: z.int().min(1).max(100).default(1),
        /** Pre-initialised agent processes per host (V4). @default 10 */
        warmProcesses: z.int().min(0).max(100).default(10),
        /** Calls one host carries at most. @default 100 */
        maxProcesses: z.int().min(1).max(500).default(100),
        /** Length of a call before the spoken goodbye (V7), in seconds. @default 14400 - 4 hours */
        maxSessionSeconds: z.int().min(10).max(14_400).default(14_400),
      })
      .prefault({}),
  })
  .readonly();
export type Org = z.infer<typeof Org>;

/**
 * Parses one org file.
 * @throws LastgoodError `invalid-input` with every wrong field; `outside-zone` when the region does not belong to the zone
 */
export const parseOrg = (input: unknown, source: string): Org => {
  const org = parseOrThrow(Org, input, source);
  if (!isInZone(org.zone, org.region)) {
    throw new LastgoodError(
      'outside-zone',
      `${source}: org ${org.name} has region ${org.region}, which is outside its zone ${org.zone}; ` +
        `allowed: ${zones[org.zone].join(', ')}. Change the region or the zone.`,
    );
  }
  return org;
};
