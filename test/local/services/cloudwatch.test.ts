import { beforeEach, describe, expect, test } from 'vitest';
import { CloudWatch } from '#local/services/cloudwatch/api.ts';
import { ManualClock } from '#memory/manual-clock.ts';
import { scope, testContext } from '../test-context.ts';

const functionArn = 'arn:aws:lambda:us-east-1:111111111111:function:lastgood-roll-back';
const topicArn = 'arn:aws:sns:us-east-1:111111111111:lastgood-alarms';

interface Invocation {
  readonly arn: string;
  readonly event: {
    alarmArn: string;
    alarmData: {
      alarmName: string;
      state: { value: string; reason: string; reasonData: string };
      previousState: { value: string };
      configuration: { metrics?: { id: string }[] };
    };
  };
}

let clock: ManualClock;
let cloudwatch: CloudWatch;
let invocations: Invocation[];
let messages: { subject: string; message: string }[];

beforeEach(() => {
  clock = new ManualClock();
  invocations = [];
  messages = [];
  cloudwatch = new CloudWatch(testContext({ clock }), {
    invoke: (_scope, arn, event) => invocations.push({ arn, event: JSON.parse(event) as Invocation['event'] }),
    publish: (_scope, _topic, content) => messages.push(content),
  });
});

const call = (action: string, input: object): Promise<unknown> =>
  cloudwatch.api.operations[action]?.(scope, input) ?? Promise.reject(new Error(action));

const put = (arm: string, values: Readonly<Record<string, number>>): Promise<unknown> =>
  call('PutMetricData', {
    Namespace: 'Lastgood',
    MetricData: Object.entries(values).map(([MetricName, Value]) => ({
      MetricName,
      Value,
      StorageResolution: 1,
      Timestamp: clock.now() / 1_000,
      Dimensions: [
        { Name: 'Service', Value: 'appointments' },
        { Name: 'Arm', Value: arm },
      ],
    })),
  });

const stat = (id: string, name: string, arm: string) => ({
  Id: id,
  ReturnData: false,
  MetricStat: {
    Metric: {
      Namespace: 'Lastgood',
      MetricName: name,
      Dimensions: [
        { Name: 'Arm', Value: arm },
        { Name: 'Service', Value: 'appointments' },
      ],
    },
    Period: 10,
    Stat: 'Sum',
  },
});

const candidateWorse = {
  AlarmName: 'worse',
  AlarmActions: [functionArn, topicArn],
  ComparisonOperator: 'GreaterThanThreshold',
  Threshold: 2,
  EvaluationPeriods: 3,
  DatapointsToAlarm: 2,
  TreatMissingData: 'notBreaching',
  Metrics: [
    { Id: 'd', Expression: 'IF(cN>=20, 100*(cE/cN - IF(FILL(sN,0)>=20, FILL(sE,0)/FILL(sN,1), 0.05)), 0)' },
    stat('cN', 'CallsEnded', 'candidate'),
    stat('cE', 'CallsFailed', 'candidate'),
    stat('sN', 'CallsEnded', 'stable'),
    stat('sE', 'CallsFailed', 'stable'),
  ],
};

const stateOf = async (name: string): Promise<string | undefined> => {
  const answer = (await call('DescribeAlarms', {
    AlarmNames: [name],
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
  })) as {
    MetricAlarms: { StateValue: string }[];
    CompositeAlarms: { StateValue: string }[];
  };
  return [...answer.MetricAlarms, ...answer.CompositeAlarms][0]?.StateValue;
};

/** Publishes the sums of one ten-second boundary and moves to the next. */
const tick = async (
  candidate: Readonly<Record<string, number>>,
  stable: Readonly<Record<string, number>> = { CallsEnded: 100, CallsFailed: 5 },
): Promise<void> => {
  await put('candidate', candidate);
  await put('stable', stable);
  await clock.advance(10_000);
};

describe('the alarm of a canary', () => {
  test('fires once after two breaching periods and acts on the change only', async () => {
    await call('PutMetricAlarm', candidateWorse);
    await tick({ CallsEnded: 30, CallsFailed: 1 });
    expect(await stateOf('worse')).toBe('OK');
    await tick({ CallsEnded: 30, CallsFailed: 9 });
    expect(await stateOf('worse')).toBe('OK');
    await tick({ CallsEnded: 30, CallsFailed: 9 });
    expect(await stateOf('worse')).toBe('ALARM');
    await tick({ CallsEnded: 30, CallsFailed: 9 });
    await tick({ CallsEnded: 30, CallsFailed: 9 });
    expect(invocations).toHaveLength(1);
    expect(messages).toHaveLength(1);
    expect(invocations[0]?.arn).toBe(functionArn);
    const { alarmData, alarmArn } = invocations[0]!.event;
    expect(alarmArn).toBe('arn:aws:cloudwatch:us-east-1:111111111111:alarm:worse');
    expect(alarmData.previousState.value).toBe('OK');
    expect(alarmData.configuration.metrics?.map(({ id }) => id)).toEqual(['d', 'cN', 'cE', 'sN', 'sE']);
    const data = JSON.parse(alarmData.state.reasonData) as {
      evaluatedDatapoints: { timestamp: string; value: number }[];
    };
    expect(data.evaluatedDatapoints.map(({ value }) => value)).toEqual([25, 25, expect.closeTo(-5 / 3, 6)]);
    expect(data.evaluatedDatapoints[0]?.timestamp).toBe('2026-01-05T09:00:20.000+0000');
    expect(JSON.parse(messages[0]!.message)).toMatchObject({
      AlarmName: 'worse',
      NewStateValue: 'ALARM',
      OldStateValue: 'OK',
    });
  });

  test('goes back to OK when the candidate falls silent, because missing data does not breach', async () => {
    await call('PutMetricAlarm', candidateWorse);
    await tick({ CallsEnded: 30, CallsFailed: 9 });
    await tick({ CallsEnded: 30, CallsFailed: 9 });
    expect(await stateOf('worse')).toBe('ALARM');
    await clock.advance(60_000);
    expect(await stateOf('worse')).toBe('OK');
    expect(invocations).toHaveLength(1);
  });

  test('takes late points into account as long as they are in the evaluation range', async () => {
    await call('PutMetricAlarm', candidateWorse);
    const late = clock.now();
    await clock.advance(30_000);
    expect(await stateOf('worse')).toBe('OK');
    const metrics = { CallsEnded: 30, CallsFailed: 9 };
    for (const at of [late, late + 10_000]) {
      await call('PutMetricData', {
        Namespace: 'Lastgood',
        MetricData: Object.entries(metrics).map(([MetricName, Value]) => ({
          MetricName,
          Value,
          StorageResolution: 1,
          Timestamp: at / 1_000,
          Dimensions: [
            { Name: 'Service', Value: 'appointments' },
            { Name: 'Arm', Value: 'candidate' },
          ],
        })),
      });
    }
    await clock.advance(10_000);
    expect(await stateOf('worse')).toBe('ALARM');
  });
});

const simple = (changes: object = {}) => ({
  AlarmName: 'errors',
  Namespace: 'Lastgood',
  MetricName: 'Errors',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  Threshold: 1,
  AlarmActions: [functionArn],
  OKActions: [functionArn],
  InsufficientDataActions: [functionArn],
  ...changes,
});

const putError = (): Promise<unknown> =>
  call('PutMetricData', { Namespace: 'Lastgood', MetricData: [{ MetricName: 'Errors', Value: 1 }] });

describe('alarms of a minute', () => {
  test('are evaluated on whole minutes only', async () => {
    await call('PutMetricAlarm', simple());
    await putError();
    await clock.advance(50_000);
    expect(await stateOf('errors')).toBe('INSUFFICIENT_DATA');
    await clock.advance(10_000);
    expect(await stateOf('errors')).toBe('ALARM');
  });

  test('run the actions of the state they change to', async () => {
    await call('PutMetricAlarm', simple());
    await putError();
    await clock.advance(60_000);
    await clock.advance(600_000);
    expect(invocations.map(({ event }) => event.alarmData.state.value)).toEqual(['ALARM', 'INSUFFICIENT_DATA']);
  });

  test('keep a state that was set by hand until the next evaluation', async () => {
    await call('PutMetricAlarm', simple({ TreatMissingData: 'notBreaching' }));
    await clock.advance(60_000);
    await call('SetAlarmState', { AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'drill' });
    expect(await stateOf('errors')).toBe('ALARM');
    await clock.advance(60_000);
    expect(await stateOf('errors')).toBe('OK');
    expect(invocations.map(({ event }) => event.alarmData.state.value)).toEqual(['OK', 'ALARM', 'OK']);
  });

  test('run no actions while these are disabled', async () => {
    await call('PutMetricAlarm', simple());
    await call('DisableAlarmActions', { AlarmNames: ['errors'] });
    await putError();
    await clock.advance(60_000);
    expect(await stateOf('errors')).toBe('ALARM');
    expect(invocations).toEqual([]);
  });
});

describe('composite alarms', () => {
  test('follow their children at once and act on change', async () => {
    await call('PutMetricAlarm', simple({ AlarmActions: [], OKActions: [], InsufficientDataActions: [] }));
    await call('PutCompositeAlarm', { AlarmName: 'any', AlarmRule: 'ALARM(errors)', AlarmActions: [functionArn] });
    expect(await stateOf('any')).toBe('OK');
    await call('SetAlarmState', { AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'drill' });
    expect(await stateOf('any')).toBe('ALARM');
    const reasonData = JSON.parse(invocations[0]!.event.alarmData.state.reasonData) as {
      triggeringAlarms: { arn: string }[];
    };
    expect(reasonData.triggeringAlarms[0]?.arn).toMatch(/alarm:errors$/);
  });
});

describe('refused alarms', () => {
  test.each([
    [simple({ Period: 15 }), /period 15/],
    [simple({ Statistic: 'IQM' }), /statistic IQM/],
    [simple({ DatapointsToAlarm: 2 }), /DatapointsToAlarm 2 is above/],
    [simple({ AlarmActions: ['arn:aws:automate:us-east-1:ec2:stop'] }), /action arn:aws:automate/],
    [simple({ ThresholdMetricId: 'ad1' }), /ThresholdMetricId/],
    [
      { ...candidateWorse, Metrics: [{ Id: 'e', Expression: 'RATE(m)' }, stat('m', 'CallsEnded', 'stable')] },
      /RATE is not supported/,
    ],
    [
      { ...candidateWorse, Metrics: [{ Id: 'e', Expression: 'x + 1' }, stat('m', 'CallsEnded', 'stable')] },
      /reads x, which is not defined/,
    ],
    [
      {
        ...candidateWorse,
        Metrics: [
          { Id: 'e', Expression: 'm0' },
          ...Array.from({ length: 11 }, (_, index) => stat(`m${index}`, 'CallsEnded', 'stable')),
        ],
      },
      /reads 11 metrics; an alarm reads at most 10/,
    ],
  ])('%#', async (input, message) => {
    await expect(call('PutMetricAlarm', input)).rejects.toThrow(message);
  });
});
