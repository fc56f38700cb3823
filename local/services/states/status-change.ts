import type { CloudEvent } from '../events/pattern.ts';
import type { MetricId } from '../cloudwatch/metric-store.ts';
import type { ExecutionRecord } from './execution.ts';

/** Input and output are told up to this size: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
const maxToldBytes = 248 * 1_024;

/** What EventBridge is told of an execution that has begun or ended. */
export const statusChange = (record: ExecutionRecord): CloudEvent => {
  const { executionArn, stateMachineArn, name, status, startedAt, stoppedAt, error, cause } = record;
  const [input, output] = [told(record.input), told(record.output)];
  return {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [executionArn],
    detail: {
      executionArn,
      stateMachineArn,
      name,
      status,
      startDate: startedAt,
      stopDate: stoppedAt ?? null,
      input,
      output,
      inputDetails: { included: input !== null },
      outputDetails: output === null ? null : { included: true },
      error: error ?? null,
      cause: cause ?? null,
    },
  };
};

const told = (text: string | undefined): string | null =>
  text === undefined || Buffer.byteLength(text) > maxToldBytes ? null : text;

/** Source: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html */
const metricOf: Readonly<Record<string, string>> = {
  RUNNING: 'ExecutionsStarted',
  SUCCEEDED: 'ExecutionsSucceeded',
  FAILED: 'ExecutionsFailed',
  TIMED_OUT: 'ExecutionsTimedOut',
  ABORTED: 'ExecutionsAborted',
};

/** What Step Functions counts when it tells of an execution. */
export const executionMetrics = ({ detail }: CloudEvent): readonly MetricId[] => {
  const name = metricOf[String(detail['status'])];
  const dimensions = { StateMachineArn: String(detail['stateMachineArn']) };
  return name === undefined ? [] : [{ namespace: 'AWS/States', name, dimensions }];
};
