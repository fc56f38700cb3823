import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { metricNames, resourceNames } from '#core/org/resource-names.ts';
import { runbookLink } from '../runbook.ts';
import type { Consequences } from './consequences.ts';
import type { PromotionWorkflow } from './promotion-workflow.ts';
import type { SafetyNet } from './safety-net.ts';

export interface ControlPlaneAlarmsProps {
  readonly workflow: PromotionWorkflow;
  readonly safetyNet: SafetyNet;
  readonly consequences: Consequences;
  /** People. */
  readonly pages: ITopic;
}

const minute = Duration.minutes(1);
const sum = { period: minute, statistic: Stats.SUM };
const atOnce = {
  threshold: 0,
  evaluationPeriods: 1,
  comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  treatMissingData: TreatMissingData.NOT_BREACHING,
} as const;

/** Whether what watches over calls and promotions does its own work. */
export class ControlPlaneAlarms extends Construct {
  readonly #props: ControlPlaneAlarmsProps;

  constructor(scope: Construct, id: string, props: ControlPlaneAlarmsProps) {
    super(scope, id);
    this.#props = props;
    this.#executionsFail();
    this.#executionsUnanswered();
    this.#outboxLate();
    this.#sweepFails();
  }

  #executionsFail(): void {
    this.#page('ExecutionsFail', 'lastgood-executions-fail', {
      ...atOnce,
      metric: this.#props.workflow.metricBadEnds(),
      alarmDescription: `A promotion's execution failed, ran out of time or was stopped. ${runbookLink('executions-fail')}`,
    });
  }

  #executionsUnanswered(): void {
    this.#page('ExecutionsUnanswered', 'lastgood-executions-unanswered', {
      ...atOnce,
      metric: this.#props.consequences.executionEnded.function.metricErrors(sum),
      alarmDescription: `The function that ends promotions for executions that cannot fails. ${runbookLink('executions-unanswered')}`,
    });
  }

  /** Nobody who publishes the age is as bad as a great age. */
  #outboxLate(): void {
    this.#page('OutboxLate', 'lastgood-outbox-late', {
      metric: new Metric({
        namespace: resourceNames.metricNamespace,
        metricName: metricNames.outboxAgeSeconds,
        statistic: Stats.MAXIMUM,
        period: minute,
      }),
      threshold: 120,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
      alarmDescription: `What follows a transition waits for more than two minutes. ${runbookLink('outbox-late')}`,
    });
  }

  /** Runs that ended well, per minute; a sweep that is not even started counts like one that fails. */
  #sweepFails(): void {
    const { function: sweep } = this.#props.safetyNet.sweep;
    this.#page('SweepFails', 'lastgood-sweep-fails', {
      metric: new MathExpression({
        expression: 'invocations-FILL(errors,0)',
        usingMetrics: { invocations: sweep.metricInvocations(sum), errors: sweep.metricErrors(sum) },
        period: minute,
      }),
      threshold: 1,
      evaluationPeriods: 10,
      datapointsToAlarm: 8,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
      alarmDescription: `Records of calls whose host is gone are not closed. ${runbookLink('sweep-fails')}`,
    });
  }

  #page(id: string, alarmName: string, props: Omit<AlarmProps, 'alarmName'>): void {
    new Alarm(this, id, { alarmName, ...props }).addAlarmAction(new SnsAction(this.#props.pages));
  }
}
