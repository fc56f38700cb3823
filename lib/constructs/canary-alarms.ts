import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
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
 * The path to the flip that needs neither workflow nor stream: alarms over what hosts and edges publish themselves, as
 * 60 s sliding sums on each 10 s boundary. Budget from the first bad minute to the flip: bucket 10 s, ingest 5 s,
 * two datapoints 20 s, evaluation 10 s, function 2 s, readers 1 s.
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
    this.#errorFloor(names.errorFloor).addAlarmAction(new SnsAction(props.pages));
    const canary = new CompositeAlarm(this, 'Canary', {
      compositeAlarmName: names.canary,
      alarmDescription: `An alarm of the canary of ${props.service.name} fired. ${runbookLink('canary')}`,
      alarmRule: AlarmRule.anyOf(
        AlarmRule.fromAlarm(worse, AlarmState.ALARM),
        AlarmRule.fromAlarm(silent, AlarmState.ALARM),
      ),
    });
    canary.addAlarmAction(new SnsAction(props.pages));
  }

  /** The candidate's inputs are not filled: no data of the candidate is no datapoint, never a good or bad one. */
  #candidateWorse(alarmName: string): Alarm {
    const { name, baselineErrorRate } = this.#props.service;
    return new Alarm(this, 'CandidateWorse', {
      alarmName,
      alarmDescription:
        `Calls of ${name} fail more often on the candidate than on stable, by more than 2 points. ` +
        runbookLink('candidate-worse'),
      metric: this.#expression(
        `IF(cN>=20, 100*(cE/cN - IF(FILL(sN,0)>=20, FILL(sE,0)/FILL(sN,1), ${baselineErrorRate})), 0)`,
        {
          cN: this.#sum(metricNames.callsEnded, 'candidate'),
          cE: this.#sum(metricNames.callsFailed, 'candidate'),
          sN: this.#sum(metricNames.callsEnded, 'stable'),
          sE: this.#sum(metricNames.callsFailed, 'stable'),
        },
      ),
      threshold: 2,
      ...twoOfThree,
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
