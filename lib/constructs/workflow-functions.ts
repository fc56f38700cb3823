import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Org } from '#core/org/org.ts';
import { resourceNames } from '#core/org/resource-names.ts';
import type { HandlerEnv } from '#lambdas/entrance/environment.ts';
import type { DataPlaneStack } from '../stacks/data-plane-stack.ts';
import type { StatefulStack } from '../stacks/stateful-stack.ts';
import { dataEnvironment, newPoolEnvironment } from './function-environment.ts';
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
  private readonly pools: PoolAdministration;

  constructor(scope: Construct, id: string, props: WorkflowFunctionsProps) {
    super(scope, id);
    this.props = props;
    this.pools = new PoolAdministration(this, 'Pools', { hostTask: props.dataPlane.hostTask.definition });
    const data = dataEnvironment(props.org, props.stateful);
    const base = { ...data.org, ...data.registry };
    this.functions = {
      'prepare-pool': this.preparePool({
        ...data.org,
        ...data.hosts,
        ...data.cluster,
        ...newPoolEnvironment(props.org, props.dataPlane),
      }),
      'retire-old': this.retireOld({ ...base, ...data.cluster }),
      'probe-pool': this.probePool({
        ...data.org,
        ...data.hosts,
        SESSION_KEY_SECRET: resourceNames.sessionKeySecret,
      }),
      validate: this.validate({
        ...base,
        ...data.sessions,
        ...data.tenancy,
        ...data.artifacts,
        ...data.hosts,
        ...data.services,
        MAX_PROCESSES: String(props.org.pool.maxProcesses),
      }),
      'check-evidence': this.reader('check-evidence', base),
      replay: this.reader('replay', base),
      'start-canary': this.startCanary({ ...base, ...data.hosts }),
      analyze: this.analyze({ ...base, ...data.sessions, ...data.services }),
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
    tables.hosts.grantRead(step);
    artifacts.grantRead(step, 'sha256/*');
    return step;
  }

  private startCanary(environment: HandlerEnv<'start-canary'>): IFunction {
    const step = this.step('start-canary', environment);
    this.props.stateful.tables.registry.grantReadWrite(step);
    this.props.stateful.tables.hosts.grantRead(step);
    // DescribeAlarms of alarms and their composite has no resource-level permission.
    step.addToRolePolicy(new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] }));
    return step;
  }

  private analyze(environment: HandlerEnv<'analyze'>): IFunction {
    const { tables } = this.props.stateful;
    const step = this.step('analyze', environment, { timeout: Duration.seconds(60), memoryMiB: 1024 });
    tables.registry.grantReadWrite(step);
    tables.sessions.grantRead(step);
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

  private preparePool(environment: HandlerEnv<'prepare-pool'>): IFunction {
    const step = this.step('prepare-pool', environment, { timeout: Duration.seconds(60) });
    this.pools.grantCreate(step);
    this.props.stateful.tables.hosts.grantRead(step);
    return step;
  }

  private retireOld(environment: HandlerEnv<'retire-old'>): IFunction {
    const step = this.step('retire-old', environment, { timeout: Duration.seconds(60) });
    this.pools.grantDelete(step);
    this.props.stateful.tables.registry.grantRead(step);
    return step;
  }

  /** Inside the VPC: hosts are reachable from nowhere else. */
  private probePool(environment: HandlerEnv<'probe-pool'>): IFunction {
    const { vpc, taskSubnets: subnets, probeSecurityGroup: securityGroup } = this.props.dataPlane.network;
    const step = this.step('probe-pool', environment, {
      timeout: Duration.seconds(60),
      network: { vpc, subnets, securityGroup },
    });
    this.props.stateful.sessionKey.grantRead(step);
    this.props.stateful.tables.hosts.grantRead(step);
    return step;
  }
}

/** `check-evidence` → `CheckEvidence`: construct ids follow the names of the files. */
const idOf = (name: string): string =>
  name
    .split('-')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('');
