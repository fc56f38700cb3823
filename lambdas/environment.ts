import { z } from 'zod';

const nonEmpty = z.string().min(1);

/** What every function that reads or moves a head needs. */
const registry = { REGISTRY_TABLE: nonEmpty };
const sessions = { SESSIONS_TABLE: nonEmpty };
const pools = { CLUSTER: nonEmpty, HOSTS_TABLE: nonEmpty };
const pages = { PAGES_TOPIC_ARN: nonEmpty };

/**
 * The environment of every function, by its name. `lib/` types its `environment` by this, so a missing
 * variable does not compile; each handler parses it once at start, so a wrong one fails at start.
 */
export const environments = {
  validate: z.object({ ...registry, ...sessions, ...pools, TENANCY_TABLE: nonEmpty, ARTIFACT_BUCKET: nonEmpty }),
  'check-evidence': z.object({ ...registry }),
  'prepare-pool': z.object({
    ...registry,
    ...pools,
    SUBNETS: nonEmpty,
    SECURITY_GROUP: nonEmpty,
    POOL_HOSTS: z.coerce.number().int().positive(),
  }),
  'probe-pool': z.object({ ...registry, ...pools, ...sessions, SESSION_KEY_SECRET: nonEmpty }),
  replay: z.object({ ...registry }),
  'start-canary': z.object({ ...registry }),
  analyze: z.object({ ...registry, ...sessions, ...pools }),
  promote: z.object({ ...registry }),
  'retire-old': z.object({ ...registry, ...pools }),
  abort: z.object({ ...registry, ...pools }),
  notify: z.object({ ...registry, ...pages, ARTIFACT_BUCKET: nonEmpty }),
  'continue-promotion': z.object({ STATE_MACHINE_ARN: nonEmpty }),
  'weigh-outcome': z.object({ ...registry, ...sessions, ...pages, ARTIFACT_BUCKET: nonEmpty }),
  'roll-back': z.object({ ...registry, ...sessions, ...pages, ARTIFACT_BUCKET: nonEmpty }),
  'sweep-sessions': z.object({ ...sessions, ...pools }),
} as const;

export type HandlerName = keyof typeof environments;

/** The environment of one function as `lib/` must provide it: names to text. */
export type HandlerEnv<Name extends HandlerName> = {
  readonly [Key in keyof z.infer<(typeof environments)[Name]>]: string;
};
