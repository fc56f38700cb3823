import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Org } from '#core/org/org.ts';
import { resourceNames } from '#core/org/resource-names.ts';
import type { HandlerEnv } from '#lambdas/environment.ts';
import type { DataPlaneStack } from '../stacks/data-plane-stack.ts';
import type { StatefulStack } from '../stacks/stateful-stack.ts';
import { dataEnvironment, poolEnvironment } from './function-environment.ts';
import { HandlerFunction, type HandlerFunctionProps } from './handler-function.ts';
import { PoolAdministration } from './pool-administration.ts';
import type { WorkflowStep } from './promotion-workflow.ts';

export interface WorkflowFunctionsProps {
  readonly org: Org;
  readonly stateful: StatefulStack;
  readonly dataPlane: DataPlaneStack;
}

/** The step functions of a promotion, each with the permissions of its step only. */
export class WorkflowFunctions extends Construct {
  readonly functions: Readonly<Record<WorkflowStep, IFunction>>;
  private readonly props: WorkflowFunctionsProps;

  constructor(scope: Construct, id: string, props: WorkflowFunctionsProps) {
    super(scope, id);
    this.props = props;
    const data = dataEnvironment(props.org, props.stateful);
    const pools = poolEnvironment(props.org, props.dataPlane);
    const base = { ...data.org, ...data.registry };
    this.functions = {
      ...this.poolSteps({ ...base, ...pools }, { ...base, ...data.hosts }),
      validate: this.validate({
        ...base,
        ...data.sessions,
        ...data.tenancy,
        ...data.artifacts,
        ...pools,
        ...data.services,
      }),
      'check-evidence': this.reader('check-evidence', base),
      replay: this.reader('replay', base),
      'start-canary': this.startCanary({ ...base, ...data.services }),
      analyze: this.analyze({ ...base, ...data.sessions, ...data.hosts, ...data.services }),
      promote: this.writer('promote', base),
      abort: this.writer('abort', base),
      notify: this.notify({ ...base, ...data.artifacts, ...data.pages }),
      'continue-promotion': this.continuePromotion(data.org),
    };
  }

  private step<Name extends WorkflowStep>(
    handler: Name,
    environment: HandlerEnv<Name>,
    options: Pick<HandlerFunctionProps<Name>, 'timeout' | 'memoryMiB' | 'network'> = {},
  ): IFunction {
    return new HandlerFunction(this, idOf(handler), { handler, environment, ...options }).function;
  }

  private reader<Name extends 'check-evidence' | 'replay'>(name: Name, environment: HandlerEnv<Name>): IFunction {
    const step = this.step(name, environment);
    this.props.stateful.tables.registry.grantRead(step);
    return step;
  }

  private writer<Name extends 'promote' | 'abort'>(name: Name, environment: HandlerEnv<Name>): IFunction {
    const step = this.step(name, environment);
    this.props.stateful.tables.registry.grantReadWrite(step);
    return step;
  }

  private validate(environment: HandlerEnv<'validate'>): IFunction {
    const { tables, artifacts } = this.props.stateful;
    const step = this.step('validate', environment, { timeout: Duration.seconds(60), memoryMiB: 1024 });
    tables.registry.grantReadWrite(step);
    tables.sessions.grantRead(step);
    tables.tenancy.grantRead(step);
    tables.tenancy.grantScan(step);
    tables.hosts.grantRead(step);
    artifacts.grantRead(step, 'sha256/*');
    return step;
  }

  private startCanary(environment: HandlerEnv<'start-canary'>): IFunction {
    const step = this.step('start-canary', environment);
    this.props.stateful.tables.registry.grantReadWrite(step);
    // DescribeAlarms of alarms and their composite has no resource-level permission.
    step.addToRolePolicy(new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] }));
    return step;
  }

  private analyze(environment: HandlerEnv<'analyze'>): IFunction {
    const { tables } = this.props.stateful;
    const step = this.step('analyze', environment, { timeout: Duration.seconds(60), memoryMiB: 1024 });
    tables.registry.grantReadWrite(step);
    tables.sessions.grantRead(step);
    tables.hosts.grantRead(step);
    return step;
  }

  private notify(environment: HandlerEnv<'notify'>): IFunction {
    const { tables, artifacts, pages } = this.props.stateful;
    const step = this.step('notify', environment);
    tables.registry.grantReadWrite(step);
    artifacts.grantRead(step, 'sha256/*');
    pages.grantPublish(step);
    return step;
  }

  /** The machine is named, not referenced: it calls this function, so a reference would be a circle. */
  private continuePromotion(org: { ORG: string }): IFunction {
    const arn = Stack.of(this).formatArn({
      service: 'states',
      resource: `stateMachine:${resourceNames.promotionStateMachine}`,
    });
    const step = this.step('continue-promotion', { ...org, PROMOTION_STATE_MACHINE: arn });
    step.addToRolePolicy(new PolicyStatement({ actions: ['states:StartExecution'], resources: [arn] }));
    return step;
  }

  private poolSteps(
    environment: HandlerEnv<'prepare-pool'>,
    probeEnvironment: Omit<HandlerEnv<'probe-pool'>, 'SESSION_KEY_SECRET'>,
  ): Pick<Record<WorkflowStep, IFunction>, 'prepare-pool' | 'retire-old' | 'probe-pool'> {
    const { stateful, dataPlane } = this.props;
    const { tables, sessionKey } = stateful;
    const administration = new PoolAdministration(this, 'Pools', { hostTask: dataPlane.hostTask.definition });
    const prepare = this.step('prepare-pool', environment, { timeout: Duration.seconds(60) });
    const retire = this.step('retire-old', environment, { timeout: Duration.seconds(60) });
    administration.grantCreate(prepare);
    administration.grantDelete(retire);
    const probe = this.step(
      'probe-pool',
      { ...probeEnvironment, SESSION_KEY_SECRET: resourceNames.sessionKeySecret },
      {
        timeout: Duration.seconds(60),
        network: {
          vpc: dataPlane.network.vpc,
          subnets: dataPlane.network.taskSubnets,
          securityGroup: dataPlane.network.probeSecurityGroup,
        },
      },
    );
    sessionKey.grantRead(probe);
    for (const step of [prepare, retire, probe]) {
      tables.registry.grantRead(step);
      tables.hosts.grantRead(step);
    }
    return { 'prepare-pool': prepare, 'retire-old': retire, 'probe-pool': probe };
  }
}

/** `check-evidence` → `CheckEvidence`: construct ids follow the names of the files. */
const idOf = (name: string): string =>
  name
    .split('-')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('');
