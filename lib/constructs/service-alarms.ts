import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { alarmNames, metricNames, resourceNames } from '#core/org/resource-names.ts';
import type { ServiceName } from '#core/words/names.ts';
import { runbookLink } from '../runbook.ts';

export interface ServiceAlarmsProps {
  readonly service: ServiceName;
  /** People. */
  readonly pages: ITopic;
}

/** What people must know of a service whether or not a canary runs. They page, and move nothing. */
export class ServiceAlarms extends Construct {
  readonly #props: ServiceAlarmsProps;

  constructor(scope: Construct, id: string, props: ServiceAlarmsProps) {
    super(scope, id);
    this.#props = props;
    const page = new SnsAction(props.pages);
    this.#lastGoodCold().addAlarmAction(page);
    this.#callsRefused().addAlarmAction(page);
  }

  /** A proof comes every 15 minutes; in between the alarm stays as it is. */
  #lastGoodCold(): Alarm {
    const { service } = this.#props;
    return new Alarm(this, 'LastGoodCold', {
      alarmName: alarmNames(service).lastGoodCold,
      alarmDescription: `A synthetic call through last-good of ${service} was not answered. ${runbookLink('last-good-cold')}`,
      metric: this.#metric(metricNames.lastGoodCold, Stats.MAXIMUM),
      threshold: 0,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.IGNORE,
    });
  }

  /** One refused caller may be chance; three a minute, twice in three minutes, are not. */
  #callsRefused(): Alarm {
    const { service } = this.#props;
    return new Alarm(this, 'CallsRefused', {
      alarmName: alarmNames(service).callsRefused,
      alarmDescription: `Callers of ${service} are turned away: nobody served them. ${runbookLink('calls-refused')}`,
      metric: this.#metric(metricNames.callsRefused, Stats.SUM),
      threshold: 2,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  #metric(metricName: string, statistic: string): Metric {
    return new Metric({
      namespace: resourceNames.metricNamespace,
      metricName,
      dimensionsMap: { Service: this.#props.service },
      statistic,
      period: Duration.minutes(1),
    });
  }
}
