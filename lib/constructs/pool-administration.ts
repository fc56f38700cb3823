import { Stack } from 'aws-cdk-lib';
import type { TaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { resourceNames } from '#core/org/resource-names.ts';

export interface PoolAdministrationProps {
  /** Base of every pool's own task definition: its roles are the only ones that may be passed on. */
  readonly hostTask: TaskDefinition;
}

/** Permission to make and remove pools, and no other ECS service: their names begin with `pool-`. */
export class PoolAdministration extends Construct {
  private readonly props: PoolAdministrationProps;

  constructor(scope: Construct, id: string, props: PoolAdministrationProps) {
    super(scope, id);
    this.props = props;
  }

  grantCreate(grantee: IGrantable): void {
    this.grant(
      grantee,
      ['ecs:CreateService', 'ecs:UpdateService', 'ecs:DescribeServices', 'ecs:TagResource'],
      this.pools(),
    );
    this.grant(grantee, ['ecs:RegisterTaskDefinition', 'ecs:TagResource'], this.families());
    // DescribeTaskDefinition has no resource-level permission.
    this.grant(grantee, ['ecs:DescribeTaskDefinition'], '*');
    const { taskRole, executionRole } = this.props.hostTask;
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [taskRole.roleArn, ...(executionRole ? [executionRole.roleArn] : [])],
        conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      }),
    );
  }

  grantDelete(grantee: IGrantable): void {
    this.grant(grantee, ['ecs:UpdateService', 'ecs:DeleteService', 'ecs:DescribeServices'], this.pools());
    // ListServices has no resource-level permission.
    this.grant(grantee, ['ecs:ListServices'], '*');
  }

  private pools(): string {
    return Stack.of(this).formatArn({
      service: 'ecs',
      resource: 'service',
      resourceName: `${resourceNames.cluster}/pool-*`,
    });
  }

  /** A pool's own task definitions: the base family is CloudFormation's. */
  private families(): string {
    return Stack.of(this).formatArn({
      service: 'ecs',
      resource: 'task-definition',
      resourceName: 'pool-*',
    });
  }

  private grant(grantee: IGrantable, actions: string[], resource: string): void {
    grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [resource] }));
  }
}
