import { Duration, Stack } from 'aws-cdk-lib';
import {
  AccountRootPrincipal,
  type IPrincipal,
  OrganizationPrincipal,
  PolicyStatement,
  Role,
} from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Org } from '#core/org/org.ts';
import { resourceNames } from '#core/org/resource-names.ts';
import type { Consumer } from './consumer.ts';
import type { OrgData } from './org-resources.ts';
import type { PromotionWorkflow } from './promotion-workflow.ts';

export interface OperatorRoleProps {
  readonly org: Org;
  readonly stateful: OrgData;
  readonly workflow: PromotionWorkflow;
}

/** What a person's CLI may do in an org: publish, promote, roll back, look. It cannot change infrastructure. */
export class OperatorRole extends Construct implements Consumer<string> {
  readonly #role: Role;

  constructor(scope: Construct, id: string, props: OperatorRoleProps) {
    super(scope, id);
    const { org, stateful, workflow } = props;
    this.#role = new Role(this, 'Role', {
      roleName: resourceNames.operatorRole,
      description: 'Assumed by the lastgood command line',
      assumedBy:
        org.awsOrganization === undefined ? new AccountRootPrincipal() : new OrganizationPrincipal(org.awsOrganization),
      maxSessionDuration: Duration.hours(4),
    });
    stateful.tables.registry.grantReadWrite(this);
    stateful.tables.tenancy.grantReadWrite(this);
    stateful.tables.sessions.grantRead(this);
    stateful.tables.hosts.grantRead(this);
    stateful.artifacts.grantReadWrite(this);
    stateful.sessionKey.grantRead(this);
    workflow.grantOperate(this);
    this.#allowLooking();
  }

  get grantPrincipal(): IPrincipal {
    return this.#role.grantPrincipal;
  }

  /** A command line has no environment of an org: it knows the names, which are the same in every org. */
  addEnvironment(): void {
    return;
  }

  #allowLooking(): void {
    const stack = Stack.of(this);
    this.#role.addToPolicy(
      new PolicyStatement({
        actions: ['ecs:DescribeServices', 'ecs:DescribeTasks'],
        resources: [
          stack.formatArn({ service: 'ecs', resource: 'service', resourceName: `${resourceNames.cluster}/*` }),
          stack.formatArn({ service: 'ecs', resource: 'task', resourceName: `${resourceNames.cluster}/*` }),
        ],
      }),
    );
    this.#role.addToPolicy(
      new PolicyStatement({
        actions: ['cloudwatch:DescribeAlarms', 'cloudwatch:GetMetricData', 'ecs:ListTasks', 'ecs:ListServices'],
        resources: ['*'],
      }),
    );
  }
}
