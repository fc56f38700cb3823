import { z } from 'zod';

const ResourceState = z.object({
  type: z.string(),
  ref: z.string(),
  attributes: z.record(z.string(), z.unknown()),
  /** Canonical JSON of the resolved properties. */
  properties: z.string(),
  deletionPolicy: z.string(),
});
export type ResourceState = z.infer<typeof ResourceState>;

const StackState = z.object({
  /** In the order of creation. */
  resources: z.record(z.string(), ResourceState),
  outputs: z.record(z.string(), z.string()),
  exports: z.record(z.string(), z.string()),
});
export type StackState = z.infer<typeof StackState>;

/** The deployed stacks of one account and region, by stack name. */
export const StacksDocument = z.record(z.string(), StackState);
export type StacksDocument = z.infer<typeof StacksDocument>;
