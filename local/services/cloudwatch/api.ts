import type { z } from 'zod';
import { type CloudContext, type PerScope, perScope } from '../../context.ts';
import { AwsError } from '../../http/aws-error.ts';
import { type JsonApi, operationsOf } from '../../http/operation.ts';
import { pageOf } from '../../http/page.ts';
import type { Scope } from '../../http/scope.ts';
import { AlarmInput, CompositeInput } from './inputs.ts';
import { AlarmEngine, type AlarmRecord } from './alarm-engine.ts';
import { type StateRecord, lambdaAlarmEvent, snsAlarmMessage } from './alarm-events.ts';
import { metricId } from './alarm-definition.ts';
import { describeAlarm } from './alarm-view.ts';
import { embeddedMetrics, sampleOf } from './embedded-metrics.ts';
import * as inputs from './inputs.ts';
import { metricData, metricStatistics } from './metric-queries.ts';
import { type MetricId, type MetricSample, MetricStore, retentionMs } from './metric-store.ts';

export interface AlarmActions {
  /** Invokes a function as an event. */
  invoke(scope: Scope, functionArn: string, event: string): void;
  publish(scope: Scope, topicArn: string, content: { readonly subject: string; readonly message: string }): void;
}

interface ScopeMetrics {
  readonly store: MetricStore;
  readonly alarms: AlarmEngine;
}

/** Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html */
const operation = operationsOf({ invalid: 'InvalidParameterValue', missing: 'MissingParameter' });

const alarmOperation = operationsOf({ invalid: 'ValidationError' });

/** AWS takes points that are two hours ahead at most. */
const maxAheadMs = 2 * 3_600_000;

/** Metrics of one page of ListMetrics. */
const maxListed = 500;

const isFunction = (arn: string): boolean => arn.startsWith('arn:aws:lambda:');
const isTopic = (arn: string): boolean => arn.startsWith('arn:aws:sns:');

/** CloudWatch: metrics, metric math and alarms. Metrics and alarm states live in memory. */
export class CloudWatch {
  readonly api: JsonApi;
  readonly #context: CloudContext;
  readonly #actions: AlarmActions;
  readonly #scopes: PerScope<ScopeMetrics>;

  constructor(context: CloudContext, actions: AlarmActions) {
    this.#context = context;
    this.#actions = actions;
    this.#scopes = perScope((scope) => {
      const store = new MetricStore();
      return {
        store,
        alarms: new AlarmEngine(context, scope, store, (alarm, previous) => this.#runActions(scope, alarm, previous)),
      };
    });
    this.api = {
      target: 'GraniteServiceVersion20100801',
      operations: {
        PutMetricData: operation(inputs.PutMetricData, (scope, input) => this.#putMetricData(scope, input)),
        GetMetricData: alarmOperation(inputs.GetMetricData, (scope, input) =>
          metricData(this.#scopes.get(scope).store, input),
        ),
        GetMetricStatistics: operation(inputs.GetMetricStatistics, (scope, input) =>
          metricStatistics(this.#scopes.get(scope).store, input),
        ),
        ListMetrics: operation(inputs.ListMetrics, (scope, input) => this.#listMetrics(scope, input)),
        PutMetricAlarm: alarmOperation(AlarmInput, (scope, input) => {
          this.putMetricAlarm(scope, input);
          return {};
        }),
        PutCompositeAlarm: alarmOperation(CompositeInput, (scope, input) => {
          this.putCompositeAlarm(scope, input);
          return {};
        }),
        DeleteAlarms: alarmOperation(inputs.AlarmNames, (scope, input) =>
          each(input, (name) => this.removeAlarm(scope, name)),
        ),
        EnableAlarmActions: alarmOperation(inputs.AlarmNames, (scope, input) =>
          each(input, (name) => this.#setActions(scope, name, true)),
        ),
        DisableAlarmActions: alarmOperation(inputs.AlarmNames, (scope, input) =>
          each(input, (name) => this.#setActions(scope, name, false)),
        ),
        DescribeAlarms: alarmOperation(inputs.DescribeAlarms, (scope, input) => this.#describeAlarms(scope, input)),
        SetAlarmState: alarmOperation(
          inputs.SetAlarmState,
          (scope, input) => {
            const { alarms } = this.#scopes.get(scope);
            const alarm = alarms.get(input.AlarmName);
            if (!alarm) throw new AwsError('ResourceNotFound', `the alarm ${input.AlarmName} does not exist`, 404);
            alarms.setState(alarm, input.StateValue, input.StateReason, input.StateReasonData);
            return {};
          },
          { values: { StateReasonData: 'InvalidFormat' } },
        ),
      },
    };
  }

  /** @throws LastgoodError `unsupported-resource` when the alarm cannot be evaluated here */
  putMetricAlarm(scope: Scope, input: AlarmInput): string {
    checkActions(input);
    return this.#scopes.get(scope).alarms.putMetricAlarm(input);
  }

  putCompositeAlarm(scope: Scope, input: CompositeInput): string {
    checkActions(input);
    return this.#scopes.get(scope).alarms.putCompositeAlarm(input);
  }

  removeAlarm(scope: Scope, name: string): void {
    this.#scopes.get(scope).alarms.remove(name);
  }

  /** Takes the metrics out of a log line in the embedded metric format. */
  /** What a service of the cloud counts itself, per minute. */
  measure(scope: Scope, id: MetricId, value: number): void {
    const nowMs = this.#context.clock.now();
    const sample = sampleOf([value], { atMs: nowMs, resolution: 60, unit: 'Count' });
    this.#scopes.get(scope).store.put(id, sample, nowMs);
  }

  ingestLine(scope: Scope, line: string): void {
    try {
      for (const { id, sample } of embeddedMetrics(line))
        this.#scopes.get(scope).store.put(id, sample, this.#context.clock.now());
    } catch (error) {
      // Nobody waits for an answer to a log line.
      this.#say(scope, 'error', `a metric of a log line is lost: ${String(error)}`);
    }
  }

  close(): void {
    for (const { alarms } of this.#scopes.values()) alarms.close();
  }

  #putMetricData(scope: Scope, input: z.infer<typeof inputs.PutMetricData>): object {
    const { store } = this.#scopes.get(scope);
    const nowMs = this.#context.clock.now();
    // All of them or none: the first wrong one refuses the call.
    const samples = input.MetricData.flatMap((datum) =>
      samplesOf(datum, nowMs).map((sample) => ({
        id: metricId(input.Namespace, datum.MetricName, datum.Dimensions),
        sample,
      })),
    );
    for (const { id, sample } of samples) store.put(id, sample, nowMs);
    return {};
  }

  #listMetrics(scope: Scope, input: z.infer<typeof inputs.ListMetrics>): object {
    const found = this.#scopes
      .get(scope)
      .store.list()
      .filter(
        ({ namespace, name, dimensions }) =>
          (input.Namespace ?? namespace) === namespace &&
          (input.MetricName ?? name) === name &&
          input.Dimensions.every(
            ({ Name, Value }) => Name in dimensions && (Value ?? dimensions[Name]) === dimensions[Name],
          ),
      );
    const { items, next } = pageOf(found, {
      limit: maxListed,
      token: input.NextToken,
      invalidToken: 'InvalidParameterValue',
    });
    return {
      NextToken: next,
      Metrics: items.map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      })),
    };
  }

  #describeAlarms(scope: Scope, input: z.infer<typeof inputs.DescribeAlarms>): object {
    const found = this.#scopes
      .get(scope)
      .alarms.list()
      .filter(({ definition, state }) => {
        const name = definition.input.AlarmName;
        return (
          (input.AlarmNames === undefined || input.AlarmNames.includes(name)) &&
          name.startsWith(input.AlarmNamePrefix ?? '') &&
          (input.StateValue ?? state.value) === state.value &&
          input.AlarmTypes.includes(definition.kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm')
        );
      });
    const { items: page, next } = pageOf(found, {
      limit: input.MaxRecords,
      token: input.NextToken,
      invalidToken: 'InvalidNextToken',
    });
    const ofKind = (kind: 'metric' | 'composite') =>
      page.filter(({ definition }) => definition.kind === kind).map(describeAlarm);
    return {
      MetricAlarms: ofKind('metric'),
      CompositeAlarms: ofKind('composite'),
      NextToken: next,
    };
  }

  #setActions(scope: Scope, name: string, enabled: boolean): void {
    const alarm = this.#scopes.get(scope).alarms.get(name);
    if (alarm) alarm.actionsEnabled = enabled;
  }

  #say(scope: Scope, level: 'info' | 'error', line: string): void {
    this.#context.log({ at: this.#context.clock.now(), source: 'cloud', level, scope, name: 'cloudwatch', line });
  }

  #runActions(scope: Scope, alarm: AlarmRecord, previous: StateRecord): void {
    const { input } = alarm.definition;
    const say = (level: 'info' | 'error', line: string): void => this.#say(scope, level, line);
    say('info', `alarm ${input.AlarmName}: ${previous.value} -> ${alarm.state.value}: ${alarm.state.reason}`);
    const actions = {
      ALARM: input.AlarmActions,
      OK: input.OKActions,
      INSUFFICIENT_DATA: input.InsufficientDataActions,
    }[alarm.state.value];
    for (const action of actions) {
      try {
        if (isFunction(action)) {
          this.#actions.invoke(
            scope,
            action,
            JSON.stringify(lambdaAlarmEvent(scope, alarm.arn, alarm.definition, alarm.state, previous)),
          );
        } else {
          this.#actions.publish(
            scope,
            action,
            snsAlarmMessage(scope, alarm.arn, alarm.definition, alarm.state, previous),
          );
        }
      } catch (error) {
        // AWS tells nobody about a failed action either; here at least the log does.
        say('error', `alarm ${input.AlarmName}: action ${action} failed: ${String(error)}`);
      }
    }
  }
}

const each = (input: z.infer<typeof inputs.AlarmNames>, run: (name: string) => void): object => {
  for (const name of input.AlarmNames) run(name);
  return {};
};

const checkActions = (input: AlarmInput | CompositeInput): void => {
  for (const action of [...input.AlarmActions, ...input.OKActions, ...input.InsufficientDataActions]) {
    if (!isFunction(action) && !isTopic(action)) {
      throw new AwsError(
        'ValidationError',
        `The embedded cloud does not support the action ${action} of alarm ${input.AlarmName}; actions are functions and topics`,
      );
    }
  }
};

const samplesOf = (datum: inputs.MetricDatum, nowMs: number): readonly MetricSample[] => {
  const atMs = datum.Timestamp === undefined ? nowMs : datum.Timestamp * 1_000;
  if (atMs < nowMs - retentionMs || atMs > nowMs + maxAheadMs) {
    throw new AwsError(
      'InvalidParameterValue',
      `The Timestamp of ${datum.MetricName} must be at most three hours old (the embedded cloud keeps no more) and two hours ahead.`,
    );
  }
  const about = { atMs, resolution: datum.StorageResolution, unit: datum.Unit };
  const { StatisticValues: set, Values: values, Counts: counts, Value: value } = datum;
  if (set) {
    // Sums tell the single values only when these are all the same.
    const known: MetricSample['values'] = set.Minimum === set.Maximum ? [[set.Minimum, set.SampleCount]] : undefined;
    const { Sum: sum, SampleCount: count, Minimum: min, Maximum: max } = set;
    return [{ ...about, sum, count, min, max, values: known }];
  }
  if (value !== undefined) return [sampleOf([value], about)];
  return (values ?? []).map((one, index) => {
    const count = counts?.[index] ?? 1;
    return { ...about, sum: one * count, count, min: one, max: one, values: [[one, count]] };
  });
};
