import { z } from 'zod';

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
/** `[{"name":"appointments","baselineErrorRate":0.05,"expectedCallsPerMinute":10}]` */
const services = { SERVICES: nonEmpty };
/** Everything that `RegisterTaskDefinition` and `CreateService` need beside the release. */
const pools = {
  ...hosts,
  CLUSTER: nonEmpty,
  HOST_TASK_DEFINITION: nonEmpty,
  /** Comma separated. */
  SUBNETS: nonEmpty,
  SECURITY_GROUP: nonEmpty,
  POOL_HOSTS: count.positive(),
  WARM_PROCESSES: count,
  MAX_PROCESSES: count.positive(),
};
/** What aborting a promotion touches: the head, the quarantine, the page with its exact diff. */
const aborting = { ...org, ...registry, ...sessions, ...artifacts, ...pages, ...services };

/**
 * The environment of every function, by its name. `lib/` types its `environment` by this, so a missing
 * variable does not compile; each handler parses it once at start, so a wrong one fails at start.
 */
export const environments = {
  validate: z.object({ ...org, ...registry, ...sessions, ...tenancy, ...artifacts, ...pools, ...services }),
  'check-evidence': z.object({ ...org, ...registry }),
  'prepare-pool': z.object({ ...org, ...registry, ...pools }),
  'probe-pool': z.object({ ...org, ...registry, ...hosts, SESSION_KEY_SECRET: nonEmpty }),
  replay: z.object({ ...org, ...registry }),
  'start-canary': z.object({ ...org, ...registry, ...services }),
  analyze: z.object({ ...org, ...registry, ...sessions, ...hosts, ...services }),
  promote: z.object({ ...org, ...registry }),
  'retire-old': z.object({ ...org, ...registry, ...pools }),
  abort: z.object({ ...org, ...registry }),
  notify: z.object({ ...org, ...registry, ...artifacts, ...pages }),
  'continue-promotion': z.object({ ...org, PROMOTION_STATE_MACHINE: nonEmpty }),
  'weigh-outcome': z.object({ ...aborting }),
  'roll-back': z.object({ ...aborting }),
  'sweep-sessions': z.object({ ...org, ...sessions, ...hosts }),
} as const;

export type HandlerName = keyof typeof environments;
export type HandlerEnvironment<Name extends HandlerName> = z.infer<(typeof environments)[Name]>;

/** The environment of one function as `lib/` must provide it: names to text. */
export type HandlerEnv<Name extends HandlerName> = {
  readonly [Key in keyof HandlerEnvironment<Name>]: string;
};
