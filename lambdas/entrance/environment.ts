import { z } from 'zod';
import { Stage } from '#core/org/org.ts';
import { ServiceSettings } from '#core/promotion/service-settings.ts';

const nonEmpty = z.string().min(1);
const count = z.coerce.number().int().nonnegative();

const org = { ORG: nonEmpty };
/** What every function that reads or moves a head needs. */
const registry = { REGISTRY_TABLE: nonEmpty };
const sessions = { SESSIONS_TABLE: nonEmpty };
const tenancy = { TENANCY_TABLE: nonEmpty };
const artifacts = { ARTIFACT_BUCKET: nonEmpty };
const hosts = { HOSTS_TABLE: nonEmpty };
const pages = { PAGES_TOPIC_ARN: nonEmpty };
const services = {
  SERVICES: nonEmpty.transform((text): unknown => JSON.parse(text)).pipe(ServiceSettings),
};
const cluster = { CLUSTER: nonEmpty };
/** Everything that a new pool needs beside its release. */
const newPools = {
  /** Comma separated. */
  SUBNETS: nonEmpty.transform((text) => text.split(',')),
  SECURITY_GROUP: nonEmpty,
  POOL_HOSTS: count.positive(),
};
/** What judging a release reads and writes. */
const judging = { ...org, ...registry, ...sessions, ...services };

/**
 * The environment of every function, by its name. `lib/` types its settings and grants by this: a missing setting does not
 * compile, a missing grant fails synth. Each handler parses it once, at its first event.
 */
export const environments = {
  validate: z.object({
    ...org,
    ...registry,
    ...sessions,
    ...tenancy,
    ...artifacts,
    ...hosts,
    ...services,
    /** Of the org: production allows fewer plans. */
    STAGE: Stage,
    /** Calls that one host carries at most. */
    MAX_PROCESSES: count.positive(),
  }),
  'check-evidence': z.object({ ...org, ...registry }),
  'prepare-pool': z.object({ ...org, ...hosts, ...cluster, ...newPools }),
  'probe-pool': z.object({ ...org, ...hosts, SESSION_KEY_SECRET: nonEmpty }),
  replay: z.object({ ...org, ...registry }),
  'start-canary': z.object({ ...org, ...registry, ...hosts }),
  analyze: z.object({ ...org, ...registry, ...sessions, ...services }),
  promote: z.object({ ...org, ...registry }),
  'retire-old': z.object({ ...org, ...registry, ...cluster }),
  abort: z.object({ ...org, ...registry }),
  notify: z.object({ ...org, ...registry, ...artifacts, ...pages }),
  'continue-promotion': z.object({ ...org, PROMOTION_STATE_MACHINE: nonEmpty }),
  'weigh-outcome': z.object({ ...judging, ...pages }),
  'roll-back': z.object({ ...judging }),
  'carry-out': z.object({ ...org, ...registry, ...artifacts, ...pages, ...services }),
  'execution-ended': z.object({ ...org, ...registry, ...artifacts, ...pages }),
  'prove-warmth': z.object({ ...org, ...registry, ...hosts, ...services, SESSION_KEY_SECRET: nonEmpty }),
  'sweep-sessions': z.object({ ...org, ...sessions, ...hosts }),
} as const;

export type HandlerName = keyof typeof environments;
export type HandlerEnvironment<Name extends HandlerName> = z.infer<(typeof environments)[Name]>;

/** The environment of one function as `lib/` must provide it: names to text. */
export type HandlerEnv<Name extends HandlerName> = {
  readonly [Key in keyof HandlerEnvironment<Name>]: string;
};
