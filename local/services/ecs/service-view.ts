import type { Scope } from '../../http/scope.ts';
import { clusterArn } from './state.ts';
import type { EcsService } from './ecs-service.ts';
import type { ServiceScheduler } from './service-scheduler.ts';

/** A service as DescribeServices answers it. */
export const describeService = (
  scope: Scope,
  record: EcsService,
  scheduler: ServiceScheduler | undefined,
  withTags = true,
): object => {
  const { running, pending, current, older } = scheduler?.counts() ?? { running: 0, pending: 0, current: 0, older: 0 };
  const settled = older === 0 && current === record.desiredCount && pending === 0;
  return {
    serviceArn: record.arn,
    serviceName: record.name,
    clusterArn: clusterArn(scope, record.clusterName),
    status: record.status,
    desiredCount: record.desiredCount,
    runningCount: running,
    pendingCount: pending,
    launchType: 'FARGATE',
    taskDefinition: record.taskDefinition,
    loadBalancers: record.loadBalancers,
    schedulingStrategy: 'REPLICA',
    createdAt: record.createdAt / 1_000,
    tags: withTags ? record.tags : undefined,
    deployments: [
      {
        id: record.deploymentId,
        status: 'PRIMARY',
        taskDefinition: record.taskDefinition,
        desiredCount: record.desiredCount,
        runningCount: Math.min(current, running),
        pendingCount: pending,
        rolloutState: settled ? 'COMPLETED' : 'IN_PROGRESS',
        createdAt: record.deployedAt / 1_000,
        updatedAt: record.deployedAt / 1_000,
      },
    ],
    events: (scheduler?.events ?? [])
      .toReversed()
      .map(({ at, message }, index) => ({ id: String(index), createdAt: at / 1_000, message })),
  };
};
