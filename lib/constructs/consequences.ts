import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SnsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import type { Org } from '#core/org/org.ts';
import { serviceSettings } from '../service-settings.ts';
import type { Consumer } from './consumer.ts';
import { HandlerFunction } from './handler-function.ts';
import { allowMetrics } from './metrics.ts';
import type { OrgData } from './org-resources.ts';
import type { PromotionWorkflow } from './promotion-workflow.ts';

export interface ConsequencesProps {
  readonly org: Org;
  readonly stateful: OrgData;
  readonly workflow: PromotionWorkflow;
}

/**
 * What follows: of every transition, by the stream of the registry and a look each minute at what it lost; and of every execution that
 * ends without its last step. Nothing else quarantines, ends promotions or tells people about them.
 */
export class Consequences extends Construct {
  readonly carryOut: HandlerFunction<'carry-out'>;
  readonly executionEnded: HandlerFunction<'execution-ended'>;
  readonly #props: ConsequencesProps;

  constructor(scope: Construct, id: string, props: ConsequencesProps) {
    super(scope, id);
    this.#props = props;
    this.carryOut = this.#createCarryOut();
    this.executionEnded = this.#createExecutionEnded();
  }

  #createCarryOut(): HandlerFunction<'carry-out'> {
    const { org, stateful } = this.#props;
    const carryOut = new HandlerFunction(this, 'CarryOut', {
      handler: 'carry-out',
      settings: { ORG: org.name, SERVICES: serviceSettings(org) },
      timeout: Duration.seconds(55),
    });
    this.#grantPaging(carryOut);
    allowMetrics(carryOut);
    carryOut.function.addEventSource(
      new DynamoEventSource(stateful.tables.registry.table as ITable, {
        // A transition that came before the function is found by its mark, not by the stream.
        startingPosition: StartingPosition.LATEST,
        batchSize: 100,
        // Heads and their histories; decisions, evidence and what judges keep are nothing to it.
        filters: [FilterCriteria.filter({ dynamodb: { Keys: { sk: { S: FilterRule.beginsWith('SET#') } } } })],
        maxBatchingWindow: Duration.seconds(0),
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        retryAttempts: 5,
        // A set that fails must not hold back the others; its entry waits in the history, and the schedule tries again.
        maxRecordAge: Duration.minutes(10),
        onFailure: new SnsDlq(stateful.pages.topic),
      }),
    );
    new Rule(this, 'EveryMinute', {
      ruleName: 'lastgood-carry-out',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [new LambdaFunction(carryOut.function, { retryAttempts: 0 })],
    });
    return carryOut;
  }

  #createExecutionEnded(): HandlerFunction<'execution-ended'> {
    const { org, workflow } = this.#props;
    const ended = new HandlerFunction(this, 'ExecutionEnded', {
      handler: 'execution-ended',
      settings: { ORG: org.name },
    });
    this.#grantPaging(ended);
    workflow.onBadEnd(ended.function);
    return ended;
  }

  #grantPaging(consumer: Consumer<'REGISTRY_TABLE' | 'ARTIFACT_BUCKET' | 'PAGES_TOPIC_ARN'>): void {
    const { tables, artifacts, pages } = this.#props.stateful;
    tables.registry.grantReadWrite(consumer);
    artifacts.grantRead(consumer);
    pages.grantPublish(consumer);
  }
}
