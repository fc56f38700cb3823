import type { Org } from '#core/org/org.ts';
import { resourceNames } from '#core/org/resource-names.ts';
import type { DataPlaneStack } from '../stacks/data-plane-stack.ts';
import type { StatefulStack } from '../stacks/stateful-stack.ts';

/** Variables that several functions share, in the groups of `lambdas/entrance/environment.ts`. */
export const dataEnvironment = (org: Org, stateful: StatefulStack) => ({
  org: { ORG: org.name },
  registry: { REGISTRY_TABLE: stateful.tables.registry.tableName },
  sessions: { SESSIONS_TABLE: stateful.tables.sessions.tableName },
  tenancy: { TENANCY_TABLE: stateful.tables.tenancy.tableName },
  hosts: { HOSTS_TABLE: stateful.tables.hosts.tableName },
  cluster: { CLUSTER: resourceNames.cluster },
  artifacts: { ARTIFACT_BUCKET: stateful.artifacts.bucketName },
  pages: { PAGES_TOPIC_ARN: stateful.pages.topicArn },
  services: {
    SERVICES: JSON.stringify(
      org.services.map(({ name, baselineErrorRate, expectedCallsPerMinute }) => ({
        name,
        baselineErrorRate,
        expectedCallsPerMinute,
      })),
    ),
  },
});

/** What a function needs to make pools, beside the cluster. Their task definition is found by its family: an ARN would
 * be an export that changes while another stack imports it, which CloudFormation refuses. */
export const newPoolEnvironment = (org: Org, dataPlane: DataPlaneStack) => ({
  SUBNETS: dataPlane.network.vpc.selectSubnets(dataPlane.network.taskSubnets).subnetIds.join(','),
  SECURITY_GROUP: dataPlane.network.hostSecurityGroup.securityGroupId,
  POOL_HOSTS: String(org.pool.hosts),
});
