import { z } from 'zod';

/** A service of ECS, as it is stored. */
export const EcsService = z.object({
  arn: z.string(),
  name: z.string(),
  clusterName: z.string(),
  taskDefinition: z.string(),
  desiredCount: z.number(),
  status: z.enum(['ACTIVE', 'DRAINING', 'INACTIVE']),
  createdAt: z.number(),
  loadBalancers: z.array(
    z.object({ targetGroupArn: z.string(), containerName: z.string(), containerPort: z.number() }),
  ),
  /** Of the deployment in charge; a new one starts with another task definition or by force. */
  deploymentId: z.string(),
  deployedAt: z.number(),
  tags: z.unknown().optional(),
  /** Makes a repeated CreateService the same one. */
  clientToken: z.string().optional(),
});
export type EcsService = z.infer<typeof EcsService>;
