import { Stack } from 'aws-cdk-lib';
import type { TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Org } from '#core/org/org.ts';
import { resourceNames } from '#core/org/resource-names.ts';
import type { Consumer } from './consumer.ts';
import type { Network } from './network.ts';

export interface PoolAdministrationProps {
  readonly org: Org;
  /** Where the hosts of a pool run. */
  readonly network: Network;
  /** Base of every pool's own task definition: its roles are the only ones that may be passed on. */
  readonly hostTask: TaskDefinition;
}

/** Permission to make and remove pools, and no other ECS service: their names begin with `pool-`. */
export class PoolAdministration extends Construct {
  readonly #props: PoolAdministrationProps;

  constructor(scope: Construct, id: string, props: PoolAdministrationProps) {
    super(scope, id);
    this.#props = props;
  }

  /**
   * The base task definition is found by its family: an ARN would be an export that changes while another stack imports
   * it, which CloudFormation refuses.
   */
  grantCreate(consumer: Consumer<'CLUSTER' | 'SUBNETS' | 'SECURITY_GROUP' | 'POOL_HOSTS'>): void {
    const { org, network } = this.#props;
    consumer.addEnvironment('CLUSTER', resourceNames.cluster);
    consumer.addEnvironment('SUBNETS', network.vpc.selectSubnets(network.taskSubnets).subnetIds.join(','));
    consumer.addEnvironment('SECURITY_GROUP', network.hostSecurityGroup.securityGroupId);
    consumer.addEnvironment('POOL_HOSTS', String(org.pool.hosts));
    this.#grant(
      consumer,
      ['ecs:CreateService', 'ecs:UpdateService', 'ecs:DescribeServices', 'ecs:TagResource'],
      this.#pools(),
    );
    this.#grant(consumer, ['ecs:RegisterTaskDefinition'], this.#families());
    // DescribeTaskDefinition has no resource-level permission.
    this.#grant(consumer, ['ecs:DescribeTaskDefinition'], '*');
    const { taskRole, executionRole } = this.#props.hostTask;
    consumer.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [taskRole.roleArn, ...(executionRole ? [executionRole.roleArn] : [])],
        conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      }),
    );
  }

  grantDelete(consumer: Consumer<'CLUSTER'>): void {
    consumer.addEnvironment('CLUSTER', resourceNames.cluster);
    this.#grant(consumer, ['ecs:UpdateService', 'ecs:DeleteService', 'ecs:DescribeServices'], this.#pools());
    // ListServices has no resource-level permission.
    this.#grant(consumer, ['ecs:ListServices'], '*');
  }

  #pools(): string {
    return Stack.of(this).formatArn({
      service: 'ecs',
      resource: 'service',
      resourceName: `${resourceNames.cluster}/pool-*`,
    });
  }

  /** A pool's own task definitions: the base family is CloudFormation's. */
  #families(): string {
    return Stack.of(this).formatArn({
      service: 'ecs',
      resource: 'task-definition',
      resourceName: 'pool-*',
    });
  }

  #grant(consumer: IGrantable, actions: string[], resource: string): void {
    consumer.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [resource] }));
  }
}
