import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Construct } from 'constructs';
import { CanaryAlarms } from '../constructs/canary-alarms.ts';
import { ControlPlaneAlarms } from '../constructs/control-plane-alarms.ts';
import { ServiceAlarms } from '../constructs/service-alarms.ts';
import { runbookLink } from '../runbook.ts';
import { OrgStack, type OrgStackProps } from './org-stack.ts';
import type { PromotionStack } from './promotion-stack.ts';
import type { StatefulStack } from './stateful-stack.ts';

export interface ObservabilityStackProps extends OrgStackProps {
  readonly stateful: StatefulStack;
  readonly promotion: PromotionStack;
}

/** Alarms per service, and over the safety net itself. */
export class ObservabilityStack extends OrgStack {
  constructor(scope: Construct, id: string, props: ObservabilityStackProps) {
    super(scope, id, { org: props.org, description: 'Lastgood: alarms of an org' });
    const rollBack = props.promotion.safetyNet.rollBack.function;
    const alarms = props.stateful.alarms.topic;
    const pages = props.stateful.pages.topic;
    for (const service of props.org.services) {
      new CanaryAlarms(this, service.name, { service, rollBack, alarms, pages });
      new ServiceAlarms(this, `${service.name}-service`, { service: service.name, pages });
    }
    const { workflow, safetyNet, consequences } = props.promotion;
    new ControlPlaneAlarms(this, 'ControlPlane', { workflow, safetyNet, consequences, pages });
    this.#watchRollBack(props);
    this.#watchOutcomes(props);
  }

  #watchRollBack({ promotion, stateful }: ObservabilityStackProps): void {
    new Alarm(this, 'RollBackFails', {
      alarmName: 'lastgood-roll-back-fails',
      alarmDescription: `The function that rolls back on alarms fails. ${runbookLink('roll-back-fails')}`,
      metric: promotion.safetyNet.rollBack.function.metricErrors({ period: Duration.minutes(1), statistic: Stats.SUM }),
      threshold: 0,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(stateful.pages.topic));
  }

  #watchOutcomes({ promotion, stateful }: ObservabilityStackProps): void {
    new Alarm(this, 'OutcomesLate', {
      alarmName: 'lastgood-outcomes-late',
      alarmDescription: `Outcomes of calls are weighed more than a minute late. ${runbookLink('outcomes-late')}`,
      metric: promotion.safetyNet.weighOutcome.function.metric('IteratorAge', {
        period: Duration.minutes(1),
        statistic: Stats.MAXIMUM,
      }),
      threshold: 60_000,
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    }).addAlarmAction(new SnsAction(stateful.pages.topic));
  }
}
