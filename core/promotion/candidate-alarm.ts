import { metricNames } from '../org/resource-names.ts';
import type { Arm } from '../words/arm.ts';

/** One input of the alarm's expression: the sum over all hosts of what they publish for an arm. */
export interface AlarmSum {
  readonly metricName: string;
  readonly arm: Arm;
}

/** A metric alarm on an expression over sums, in the terms of CloudWatch. */
export interface CandidateAlarm {
  readonly expression: string;
  /** By the id that the expression reads. */
  readonly sums: Readonly<Record<string, AlarmSum>>;
  /** It is on above this. */
  readonly threshold: number;
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
}

/** Failures of the candidate in ten minutes before it is suspected. */
const fewestFailures = 3;
/** Stable's share of failures is its own and that of so many calls at the org's baseline: with few calls of stable, mostly the latter. */
const baselineCalls = 20;

/**
 * When the candidate is suspected: at least three of its calls failed within the last ten minutes, and by more than two points more than
 * stable's share explains. Points of per cent. Failures are compared with the calls that *started* in the same ten minutes. Among calls
 * that ended, those of a candidate whose good calls are longer would look bad for no reason: its failures have ended, its good calls
 * not yet. Three failures prove little, and need not: the judge confirms before anything is flipped.
 *
 * The sums are those of the last ten minutes already, published by every host on each ten-second boundary. CloudWatch could add up
 * ten minutes only in periods of a minute and more, which it evaluates once a minute; and a running sum in the expression begins where
 * the evaluation range begins, whose length AWS keeps to itself. Hosts publish both sums, so a host that dies takes its calls along
 * with their failures. The candidate's sums are not filled: no data of the candidate is no datapoint.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
 * @param baselineErrorRate the org's own statement, 0 to 1
 */
export const candidateWorseAlarm = (baselineErrorRate: number): CandidateAlarm => ({
  expression:
    `IF(cE>=${fewestFailures}, ` +
    `100*(cE/cB - (FILL(sE,0)+${decimal(baselineCalls * baselineErrorRate)})/(FILL(sB,0)+${baselineCalls})), 0)`,
  sums: {
    cB: { metricName: metricNames.callsStartedIn10Minutes, arm: 'candidate' },
    cE: { metricName: metricNames.callsFailedIn10Minutes, arm: 'candidate' },
    sB: { metricName: metricNames.callsStartedIn10Minutes, arm: 'stable' },
    sE: { metricName: metricNames.callsFailedIn10Minutes, arm: 'stable' },
  },
  threshold: 2,
  periodSeconds: 10,
  // One point is enough for a suspicion, and a second one would cost ten seconds.
  evaluationPeriods: 1,
  datapointsToAlarm: 1,
});

/** Without the noise of binary fractions. */
const decimal = (value: number): number => Number(value.toFixed(9));
