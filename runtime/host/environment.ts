import { z } from 'zod';
import { OrgName, ServiceName } from '#core/words/names.ts';
import { ReleaseId } from '#core/words/digest.ts';

const nonEmpty = z.string().min(1);

/** Environment of `runtime/host/main.ts`; everything is text outside. Region and credentials come from the SDK's own variables. */
export const HostEnvironment = z.object({
  ORG: OrgName,
  PORT: z.coerce.number().int().min(0).max(65_535),
  CLUSTER: nonEmpty,
  /** SERVICE and RELEASE_ID are filled in by the task definition revision of one pool. */
  SERVICE: ServiceName,
  RELEASE_ID: ReleaseId,
  ARTIFACT_BUCKET: nonEmpty,
  REGISTRY_TABLE: nonEmpty,
  SESSIONS_TABLE: nonEmpty,
  HOSTS_TABLE: nonEmpty,
  TENANCY_TABLE: nonEmpty,
  SESSION_KEY_SECRET: nonEmpty,
  /** Agent processes kept ready for a call (V4). */
  WARM_PROCESSES: z.coerce.number().int().min(0).max(100).default(10),
  /** Agent processes at once, warm and busy. */
  MAX_PROCESSES: z.coerce.number().int().min(1).max(500).default(100),
  /** Length of a call before the spoken goodbye (V7). */
  MAX_SESSION_SECONDS: z.coerce.number().int().min(1).max(14_400).default(14_400),
  /** Resident memory one agent process may use. A bare process has about 45 MB. */
  MAX_PROCESS_MEMORY_MB: z.coerce.number().int().min(64).max(16_384).default(512),
  /** `stopTimeout` of the container (Fargate allows 120): calls still live shortly before it hear a goodbye. */
  STOP_TIMEOUT_SECONDS: z.coerce.number().int().min(1).max(120).default(120),
  /** Given by ECS: metadata of the own task, and the agent that holds task protection. */
  ECS_CONTAINER_METADATA_URI_V4: z.url().optional(),
  ECS_AGENT_URI: z.url().optional(),
});
export type HostEnvironment = z.infer<typeof HostEnvironment>;

type GivenByPlatform = 'ECS_CONTAINER_METADATA_URI_V4' | 'ECS_AGENT_URI';
/** Filled in for each pool, so the base family does not carry them. */
type FilledPerPool = 'SERVICE' | 'RELEASE_ID';
type Defaulted =
  'WARM_PROCESSES' | 'MAX_PROCESSES' | 'MAX_SESSION_SECONDS' | 'MAX_PROCESS_MEMORY_MB' | 'STOP_TIMEOUT_SECONDS';

/** The container environment that the base task definition must provide: names to text. */
export type HostContainerEnvironment = {
  readonly [Key in Exclude<keyof HostEnvironment, GivenByPlatform | FilledPerPool | Defaulted>]: string;
} & { readonly [Key in Defaulted]?: string };
