import { Duration, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, OrganizationPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Org } from '#core/org/org.ts';
import { resourceNames } from '#core/org/resource-names.ts';
import type { StatefulStack } from '../stacks/stateful-stack.ts';

export interface OperatorRoleProps {
  readonly org: Org;
  readonly stateful: StatefulStack;
  readonly stateMachine: IStateMachine;
}

/** What a person's CLI may do in an org: publish, promote, roll back, look. It cannot change infrastructure. */
export class OperatorRole extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, props: OperatorRoleProps) {
    super(scope, id);
    const { org, stateful, stateMachine } = props;
    this.role = new Role(this, 'Role', {
      roleName: resourceNames.operatorRole,
      description: 'Assumed by the lastgood command line',
      assumedBy:
        org.awsOrganization === undefined ? new AccountRootPrincipal() : new OrganizationPrincipal(org.awsOrganization),
      maxSessionDuration: Duration.hours(4),
    });
    stateful.tables.registry.grantReadWrite(this.role);
    stateful.tables.tenancy.grantReadWrite(this.role);
    stateful.tables.sessions.grantRead(this.role);
    stateful.tables.hosts.grantRead(this.role);
    stateful.artifacts.grantRead(this.role);
    stateful.artifacts.grantPut(this.role, 'sha256/*');
    stateful.sessionKey.grantRead(this.role);
    stateMachine.grantStartExecution(this.role);
    stateMachine.grantExecution(
      this.role,
      'states:DescribeExecution',
      'states:GetExecutionHistory',
      'states:StopExecution',
    );
    this.allowLooking();
  }

  private allowLooking(): void {
    const stack = Stack.of(this);
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ['ecs:DescribeServices', 'ecs:DescribeTasks'],
        resources: [
          stack.formatArn({ service: 'ecs', resource: 'service', resourceName: `${resourceNames.cluster}/*` }),
          stack.formatArn({ service: 'ecs', resource: 'task', resourceName: `${resourceNames.cluster}/*` }),
        ],
      }),
    );
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ['cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData', 'ecs:ListTasks', 'ecs:ListServices'],
        resources: ['*'],
      }),
    );
  }
}
