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
import { serviceSettings } from '../service-settings.ts';
import { CanaryAlarms } from './canary-alarms.ts';
import type { Consumer } from './consumer.ts';
import { HandlerFunction } from './handler-function.ts';
import { allowMetrics } from './metrics.ts';
import type { CallPlane, OrgData } from './org-resources.ts';

export interface SafetyNetProps {
  readonly org: Org;
  readonly stateful: OrgData;
  readonly dataPlane: CallPlane;
}

/**
 * The paths that flip the head without the workflow (invariant 7): the outcome of every call, and the alarms. And the
 * sweep that closes records of calls whose host is gone, so that nothing stays open for ever.
 */
export class SafetyNet extends Construct {
  /** Invoked by alarms directly, and through the alarms topic as second route. */
  readonly rollBack: HandlerFunction<'roll-back'>;
  readonly weighOutcome: HandlerFunction<'weigh-outcome'>;
  readonly sweep: HandlerFunction<'sweep-sessions'>;
  readonly #props: SafetyNetProps;

  constructor(scope: Construct, id: string, props: SafetyNetProps) {
    super(scope, id);
    this.#props = props;
    this.weighOutcome = this.#createWeighOutcome();
    this.rollBack = this.#createRollBack();
    this.sweep = this.#createSweep();
    this.#createProof();
  }

  #createWeighOutcome(): HandlerFunction<'weigh-outcome'> {
    const { org, stateful } = this.#props;
    const weigh = new HandlerFunction(this, 'WeighOutcome', {
      handler: 'weigh-outcome',
      settings: { ORG: org.name, SERVICES: serviceSettings(org) },
      timeout: Duration.seconds(60),
      memoryMiB: 1024,
    });
    this.#grantJudge(weigh);
    stateful.pages.grantPublish(weigh);
    weigh.function.addEventSource(
      new DynamoEventSource(stateful.tables.sessions.table as ITable, {
        startingPosition: StartingPosition.LATEST,
        batchSize: 100,
        maxBatchingWindow: Duration.seconds(0),
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        // Judges read the records for themselves, so an outcome that cannot be brought to them is not lost; a batch that comes again and
        // again would hold back those behind it.
        maxRecordAge: Duration.minutes(10),
        retryAttempts: 3,
      }),
    );
    return weigh;
  }

  #createRollBack(): HandlerFunction<'roll-back'> {
    const { org, stateful } = this.#props;
    const rollBack = new HandlerFunction(this, 'RollBack', {
      handler: 'roll-back',
      settings: { ORG: org.name, SERVICES: serviceSettings(org) },
      // It asks the judge again for more than a minute before it lets go of an alarm.
      timeout: Duration.seconds(90),
      memoryMiB: 1024,
    });
    this.#grantJudge(rollBack);
    CanaryAlarms.grantDescribe(rollBack);
    this.#schedule('AlarmsStillOn', rollBack.function, 'lastgood-alarms-still-on', Duration.minutes(1));
    const stack = Stack.of(this);
    rollBack.function.addPermission('InvokedByAlarms', {
      principal: new ServicePrincipal('lambda.alarms.cloudwatch.amazonaws.com'),
      sourceAccount: stack.account,
      // Named, not referenced: the alarms are in a stack that comes after this one.
      sourceArn: stack.formatArn({ service: 'cloudwatch', resource: 'alarm:lastgood-*' }),
    });
    stateful.alarms.topic.addSubscription(new LambdaSubscription(rollBack.function));
    return rollBack;
  }

  #createSweep(): HandlerFunction<'sweep-sessions'> {
    const { org, stateful } = this.#props;
    const sweep = new HandlerFunction(this, 'SweepSessions', {
      handler: 'sweep-sessions',
      settings: { ORG: org.name },
      timeout: Duration.seconds(55),
    });
    stateful.tables.sessions.grantReadWrite(sweep);
    stateful.tables.sessions.grantScanIndex(sweep, 'openByHost');
    stateful.tables.hosts.grantRead(sweep);
    this.#schedule('EveryMinute', sweep.function, 'lastgood-sweep-sessions', Duration.minutes(1));
    return sweep;
  }

  /** Synthetic calls through every last-good that has no callers. */
  #createProof(): void {
    const { org, stateful, dataPlane } = this.#props;
    const { vpc, taskSubnets: subnets, probeSecurityGroup: securityGroup } = dataPlane.network;
    const proof = new HandlerFunction(this, 'ProveWarmth', {
      handler: 'prove-warmth',
      settings: { ORG: org.name, SERVICES: serviceSettings(org) },
      timeout: Duration.minutes(5),
      network: { vpc, subnets, securityGroup },
    });
    allowMetrics(proof);
    stateful.tables.registry.grantRead(proof);
    stateful.tables.hosts.grantRead(proof);
    stateful.sessionKey.grantRead(proof);
    this.#schedule('WarmthSchedule', proof.function, 'lastgood-prove-warmth', Duration.minutes(15));
  }

  #schedule(id: string, target: IFunction, ruleName: string, every: Duration): void {
    new Rule(this, id, {
      ruleName,
      schedule: Schedule.rate(every),
      targets: [new LambdaFunction(target, { retryAttempts: 0 })],
    });
  }

  /** What judging a release reads and writes. What follows from an abort is not for whoever aborts. */
  #grantJudge(consumer: Consumer<'REGISTRY_TABLE' | 'SESSIONS_TABLE'>): void {
    const { tables } = this.#props.stateful;
    tables.registry.grantReadWrite(consumer);
    tables.sessions.grantRead(consumer);
  }
}
