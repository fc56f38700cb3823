import { z } from 'zod';
import { OrgName, ServiceName } from '#core/words/names.ts';

const nonEmpty = z.string().min(1);

/** `[{"name":"appointments","customerCallsPerMinute":600}]` */
const Services = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'must be JSON' });
      return z.NEVER;
    }
  })
  .pipe(
    z
      .array(z.strictObject({ name: ServiceName, customerCallsPerMinute: z.int().positive() }))
      .min(1)
      .max(20),
  );

/** Environment of `runtime/edge/main.ts`; everything is text outside. Region and credentials come from the SDK's own variables. */
export const EdgeEnvironment = z.object({
  ORG: OrgName,
  PORT: z.coerce.number().int().min(0).max(65_535),
  /** Base URL that callers use, `ws://` or `wss://`: part of signed webhook URLs and of the URLs given to apps. */
  PUBLIC_URL: z.url({ protocol: /^wss?$/ }).transform((url) => url.replace(/\/$/, '')),
  SERVICES: Services,
  REGISTRY_TABLE: nonEmpty,
  SESSIONS_TABLE: nonEmpty,
  HOSTS_TABLE: nonEmpty,
  /** Name of the secret that signs tokens. */
  SESSION_KEY_SECRET: nonEmpty,
  /** Name of the secret `{"authToken": "…"}`. Read only when a phone call comes. */
  TELEPHONY_SECRET: nonEmpty,
  /** Calls that may wait for a free process. */
  MAX_PENDING_SESSIONS: z.coerce.number().int().min(0).max(10_000).default(100),
  MAX_WAIT_MS: z.coerce.number().int().min(0).max(60_000).default(5_000),
  /** Client connections at once, calls included. */
  MAX_CONNECTIONS: z.coerce.number().int().positive().default(5_000),
  /** Given by ECS: metadata of the own task, and the agent that holds task protection. */
  ECS_CONTAINER_METADATA_URI_V4: z.url().optional(),
  ECS_AGENT_URI: z.url().optional(),
});
export type EdgeEnvironment = z.infer<typeof EdgeEnvironment>;

type GivenByPlatform = 'ECS_CONTAINER_METADATA_URI_V4' | 'ECS_AGENT_URI';
type Defaulted = 'MAX_PENDING_SESSIONS' | 'MAX_WAIT_MS' | 'MAX_CONNECTIONS';

/** The container environment that a task definition must provide: names to text. */
export type EdgeContainerEnvironment = {
  readonly [Key in Exclude<keyof EdgeEnvironment, GivenByPlatform | Defaulted>]: string;
} & { readonly [Key in Defaulted]?: string };
