import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { OrgService } from '#core/org/org.ts';
import { candidateWorseAlarm } from '#core/promotion/candidate-alarm.ts';
import { alarmNames, metricNames, resourceNames } from '#core/org/resource-names.ts';
import type { Arm } from '#core/words/arm.ts';
import { runbookLink } from '../runbook.ts';

export interface CanaryAlarmsProps {
  readonly service: OrgService;
  readonly rollBack: IFunction;
  /** Second route to the roll-back function. */
  readonly alarms: ITopic;
  /** People. */
  readonly pages: ITopic;
}

/** Sub-minute periods are evaluated every 10 s. */
const period = Duration.seconds(10);

/**
 * The path to the flip that needs neither workflow nor stream: alarms over what hosts and edges publish themselves, as sliding sums on
 * each 10 s boundary. They suspect, and the function confirms: a suspicion that it refuses pages nobody, and one that it confirms
 * pages with the abort. From the third failed call to the flip: bucket 10 s, ingest 5 s, evaluation 10 s, function 5 s, readers 1 s.
 */
export class CanaryAlarms extends Construct {
  readonly #props: CanaryAlarmsProps;

  /** Lets a function see whether the alarms are set. It names no variable: their names follow from the service's. */
  static grantDescribe(grantee: IGrantable): void {
    // DescribeAlarms of alarms and their composite has no resource-level permission.
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] }),
    );
  }

  constructor(scope: Construct, id: string, props: CanaryAlarmsProps) {
    super(scope, id);
    this.#props = props;
    const names = alarmNames(props.service.name);
    const worse = this.#candidateWorse(names.candidateWorse);
    const silent = this.#candidateSilent(names.candidateSilent);
    for (const alarm of [worse, silent])
      alarm.addAlarmAction(new FunctionAction(props.rollBack), new SnsAction(props.alarms));
    for (const alarm of [silent, this.#errorFloor(names.errorFloor)]) alarm.addAlarmAction(new SnsAction(props.pages));
  }

  #candidateWorse(alarmName: string): Alarm {
    const { name, baselineErrorRate } = this.#props.service;
    const { expression, sums, threshold, evaluationPeriods, datapointsToAlarm } =
      candidateWorseAlarm(baselineErrorRate);
    const inputs = Object.entries(sums).map(([id, { metricName, arm }]) => [id, this.#sum(metricName, arm)]);
    return new Alarm(this, 'CandidateWorse', {
      alarmName,
      alarmDescription:
        `At least three calls of ${name} failed on the candidate in ten minutes, more than on stable by more than 2 points. ` +
        runbookLink('candidate-worse'),
      metric: this.#expression(expression, Object.fromEntries(inputs)),
      threshold,
      evaluationPeriods,
      datapointsToAlarm,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  /** Calls go to the candidate and its hosts say nothing: neither a call that started nor one that ended. */
  #candidateSilent(alarmName: string): Alarm {
    return new Alarm(this, 'CandidateSilent', {
      alarmName,
      alarmDescription:
        `Calls of ${this.#props.service.name} are sent to the candidate and its hosts report none. ` +
        runbookLink('candidate-silent'),
      metric: this.#expression('IF(assigned>=5 AND FILL(cB,0)+FILL(cN,0)==0, 1, 0)', {
        assigned: this.#sum(metricNames.sessionsAssigned, 'candidate'),
        cB: this.#sum(metricNames.callsStarted, 'candidate'),
        cN: this.#sum(metricNames.callsEnded, 'candidate'),
      }),
      threshold: 0,
      ...twoOfThree,
    });
  }

  /** Absolute, over both arms: it only pages, since going back does not cure what both releases have. */
  #errorFloor(alarmName: string): Alarm {
    const { name, errorFloorPercent } = this.#props.service;
    const ended = '(FILL(cN,0)+FILL(sN,0))';
    return new Alarm(this, 'ErrorFloor', {
      alarmName,
      alarmDescription: `More than ${errorFloorPercent} % of all calls of ${name} fail. ` + runbookLink('error-floor'),
      metric: this.#expression(`IF(${ended}>=20, 100*(FILL(cE,0)+FILL(sE,0))/${ended}, 0)`, {
        cN: this.#sum(metricNames.callsEnded, 'candidate'),
        cE: this.#sum(metricNames.callsFailed, 'candidate'),
        sN: this.#sum(metricNames.callsEnded, 'stable'),
        sE: this.#sum(metricNames.callsFailed, 'stable'),
      }),
      threshold: errorFloorPercent,
      ...twoOfThree,
    });
  }

  #expression(expression: string, usingMetrics: Record<string, IMetric>): MathExpression {
    return new MathExpression({ expression, usingMetrics, period });
  }

  #sum(metricName: string, arm: Arm): Metric {
    return new Metric({
      namespace: resourceNames.metricNamespace,
      metricName,
      dimensionsMap: { Service: this.#props.service.name, Arm: arm },
      statistic: Stats.SUM,
      period,
    });
  }
}

const twoOfThree = {
  evaluationPeriods: 3,
  datapointsToAlarm: 2,
  comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  treatMissingData: TreatMissingData.NOT_BREACHING,
} as const;

/**
 * An alarm that invokes a function of another stack. The permission stands beside the function (`SafetyNet`); the
 * action that comes with CDK would put a reference back to the alarm there, and the stacks into a circle.
 */
class FunctionAction implements IAlarmAction {
  readonly #target: IFunction;

  constructor(target: IFunction) {
    this.#target = target;
  }

  bind(): { alarmActionArn: string } {
    return { alarmActionArn: this.#target.functionArn };
  }
}
