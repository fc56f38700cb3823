import { Duration, Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IFunction, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LambdaSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Org } from '#core/org/org.ts';
import { resourceNames } from '#core/org/resource-names.ts';
import type { DataPlaneStack } from '../stacks/data-plane-stack.ts';
import type { StatefulStack } from '../stacks/stateful-stack.ts';
import { dataEnvironment } from './function-environment.ts';
import { HandlerFunction } from './handler-function.ts';

export interface SafetyNetProps {
  readonly org: Org;
  readonly stateful: StatefulStack;
  readonly dataPlane: DataPlaneStack;
}

/**
 * The paths that flip the head without the workflow (invariant 7): the outcome of every call, and the alarms. And the
 * sweep that closes records of calls whose host is gone, so that nothing stays open for ever.
 */
export class SafetyNet extends Construct {
  /** Invoked by alarms directly, and through the alarms topic as second route. */
  readonly rollBack: IFunction;
  readonly weighOutcome: IFunction;
  private readonly props: SafetyNetProps;

  constructor(scope: Construct, id: string, props: SafetyNetProps) {
    super(scope, id);
    this.props = props;
    this.weighOutcome = this.createWeighOutcome();
    this.rollBack = this.createRollBack();
    this.createSweep();
    this.createProof().grantInvoke(this.weighOutcome);
  }

  private createWeighOutcome(): IFunction {
    const { tables } = this.props.stateful;
    const weigh = new HandlerFunction(this, 'WeighOutcome', {
      handler: 'weigh-outcome',
      environment: this.abortEnvironment(),
      timeout: Duration.seconds(60),
      memoryMiB: 1024,
    }).function;
    this.grantAbort(weigh);
    weigh.addEventSource(
      new DynamoEventSource(tables.sessions.table as ITable, {
        startingPosition: StartingPosition.LATEST,
        batchSize: 100,
        maxBatchingWindow: Duration.seconds(0),
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        // The workflow analyzes from the records themselves, so an outcome that cannot be weighed in time is not lost.
        maxRecordAge: Duration.minutes(10),
        retryAttempts: 20,
      }),
    );
    return weigh;
  }

  private createRollBack(): IFunction {
    const { alarms } = this.props.stateful;
    const rollBack = new HandlerFunction(this, 'RollBack', {
      handler: 'roll-back',
      environment: this.abortEnvironment(),
      memoryMiB: 1024,
    }).function;
    this.grantAbort(rollBack);
    const stack = Stack.of(this);
    rollBack.addPermission('InvokedByAlarms', {
      principal: new ServicePrincipal('lambda.alarms.cloudwatch.amazonaws.com'),
      sourceAccount: stack.account,
      // Named, not referenced: the alarms are in a stack that comes after this one.
      sourceArn: stack.formatArn({ service: 'cloudwatch', resource: 'alarm:lastgood-*' }),
    });
    alarms.addSubscription(new LambdaSubscription(rollBack));
    return rollBack;
  }

  private createSweep(): void {
    const { org, stateful } = this.props;
    const data = dataEnvironment(org, stateful);
    const sweep = new HandlerFunction(this, 'SweepSessions', {
      handler: 'sweep-sessions',
      environment: { ...data.org, ...data.sessions, ...data.hosts },
      timeout: Duration.seconds(55),
    }).function;
    stateful.tables.sessions.grantReadWrite(sweep);
    stateful.tables.sessions.grantScanIndex(sweep, 'openByHost');
    stateful.tables.hosts.grantRead(sweep);
    this.schedule('EveryMinute', sweep, 'lastgood-sweep-sessions', Duration.minutes(1));
  }

  /** Synthetic calls through last-good, on a schedule and whenever a breaker of stable wants to know. */
  private createProof(): IFunction {
    const { org, stateful, dataPlane } = this.props;
    const data = dataEnvironment(org, stateful);
    const { vpc, taskSubnets: subnets, probeSecurityGroup: securityGroup } = dataPlane.network;
    const proof = new HandlerFunction(this, 'ProveWarmth', {
      handler: 'prove-warmth',
      environment: {
        ...data.org,
        ...data.registry,
        ...data.hosts,
        ...data.services,
        SESSION_KEY_SECRET: resourceNames.sessionKeySecret,
      },
      timeout: Duration.minutes(5),
      network: { vpc, subnets, securityGroup },
    }).function;
    stateful.tables.registry.grantReadWrite(proof);
    stateful.tables.hosts.grantRead(proof);
    stateful.sessionKey.grantRead(proof);
    this.schedule('WarmthSchedule', proof, 'lastgood-prove-warmth', Duration.minutes(15));
    return proof;
  }

  private schedule(id: string, target: IFunction, ruleName: string, every: Duration): void {
    new Rule(this, id, {
      ruleName,
      schedule: Schedule.rate(every),
      targets: [new LambdaFunction(target, { retryAttempts: 0 })],
    });
  }

  private abortEnvironment() {
    const data = dataEnvironment(this.props.org, this.props.stateful);
    return {
      ...data.org,
      ...data.registry,
      ...data.sessions,
      ...data.artifacts,
      ...data.pages,
      ...data.services,
    };
  }

  private grantAbort(grantee: IFunction): void {
    const { tables, artifacts, pages } = this.props.stateful;
    tables.registry.grantReadWrite(grantee);
    tables.sessions.grantRead(grantee);
    artifacts.grantRead(grantee, 'sha256/*');
    pages.grantPublish(grantee);
  }
}
