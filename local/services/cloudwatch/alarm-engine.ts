import { every } from '#core/clock.ts';
import type { CloudContext } from '../../context.ts';
import { AwsError } from '../../http/aws-error.ts';
import type { Scope } from '../../http/scope.ts';
import { type MetricAlarm, compileAlarm } from './alarm-definition.ts';
import type { AlarmInput, CompositeInput } from './inputs.ts';
import { type AlarmState, evaluatePoints, evaluationRange } from './alarm-evaluation.ts';
import { type AnyAlarmInput, type StateRecord, cloudWatchTime } from './alarm-events.ts';
import { type AlarmRule, parseAlarmRule } from './alarm-rule.ts';
import type { MetricStore } from './metric-store.ts';
import { type Grid, bucketStart, evaluateQueries } from './query-evaluation.ts';

/** Alarms with a period below a minute are evaluated every 10 s, the others every minute. */
const tickMs = 10_000;
const minuteMs = 60_000;
const maxAlarms = 5_000;

export interface AlarmRecord {
  readonly arn: string;
  readonly definition: AnyAlarmInput;
  readonly evaluate:
    { readonly kind: 'metric'; readonly alarm: MetricAlarm } | { readonly kind: 'composite'; readonly rule: AlarmRule };
  state: StateRecord;
  /** When the state value changed last. */
  changedAtMs: number;
  actionsEnabled: boolean;
}

export type OnChange = (alarm: AlarmRecord, previous: StateRecord) => void;

const numbers = (values: readonly (number | undefined)[]): string =>
  `[${values.map((value) => value ?? '').join(', ')}]`;

/**
 * The alarms of one account and region. Actions run when a state changes and never because it lasts; a state set by
 * SetAlarmState lasts until the next evaluation.
 */
export class AlarmEngine {
  readonly #context: CloudContext;
  readonly #scope: Scope;
  readonly #store: MetricStore;
  readonly #onChange: OnChange;
  readonly #alarms = new Map<string, AlarmRecord>();
  readonly #timer: () => void;

  constructor(context: CloudContext, scope: Scope, store: MetricStore, onChange: OnChange) {
    this.#context = context;
    this.#scope = scope;
    this.#store = store;
    this.#onChange = onChange;
    this.#timer = every(context.clock, tickMs, () => this.#tick());
  }

  /** Creates an alarm in INSUFFICIENT_DATA, or changes one and keeps its state. Returns its ARN. */
  putMetricAlarm(input: AlarmInput): string {
    return this.#put({ kind: 'metric', input }, { kind: 'metric', alarm: compileAlarm(input) });
  }

  putCompositeAlarm(input: CompositeInput): string {
    const arn = this.#put({ kind: 'composite', input }, { kind: 'composite', rule: parseAlarmRule(input.AlarmRule) });
    this.#evaluateComposites();
    return arn;
  }

  remove(name: string): void {
    this.#alarms.delete(name);
  }

  get(name: string): AlarmRecord | undefined {
    return this.#alarms.get(name);
  }

  list(): readonly AlarmRecord[] {
    return [...this.#alarms.values()];
  }

  setState(alarm: AlarmRecord, value: AlarmState, reason: string, reasonData: string): void {
    this.#change(alarm, { value, reason, reasonData, atMs: this.#context.clock.now() });
    this.#evaluateComposites();
  }

  close(): void {
    this.#timer();
  }

  #put(definition: AnyAlarmInput, evaluate: AlarmRecord['evaluate']): string {
    const name = definition.input.AlarmName;
    const known = this.#alarms.get(name);
    if (known && known.definition.kind !== definition.kind)
      throw new AwsError('ValidationError', `${name} is the name of a ${known.definition.kind} alarm already`);
    if (!known && this.#alarms.size >= maxAlarms)
      throw new AwsError('LimitExceeded', `the embedded cloud holds at most ${maxAlarms} alarms`);
    const nowMs = this.#context.clock.now();
    const arn = `arn:aws:cloudwatch:${this.#scope.region}:${this.#scope.account}:alarm:${name}`;
    const unchecked: StateRecord = {
      value: 'INSUFFICIENT_DATA',
      reason: 'Unchecked: Initial alarm creation',
      reasonData: '{}',
      atMs: nowMs,
    };
    this.#alarms.set(name, {
      arn,
      definition,
      evaluate,
      state: known?.state ?? unchecked,
      changedAtMs: known?.changedAtMs ?? nowMs,
      actionsEnabled: definition.input.ActionsEnabled,
    });
    return arn;
  }

  #tick(): void {
    const nowMs = this.#context.clock.now();
    const isMinute = Math.floor(nowMs / minuteMs) !== Math.floor((nowMs - tickMs) / minuteMs);
    for (const alarm of this.#alarms.values()) {
      const { evaluate } = alarm;
      if (evaluate.kind === 'metric' && (isMinute || evaluate.alarm.periodSeconds < 60))
        this.#evaluateMetric(alarm, evaluate.alarm, nowMs);
    }
    this.#evaluateComposites();
  }

  #evaluateMetric(record: AlarmRecord, alarm: MetricAlarm, nowMs: number): void {
    const periodMs = alarm.periodSeconds * 1_000;
    const grid: Grid = {
      periodSeconds: alarm.periodSeconds,
      // Only whole buckets: the one that is still filling would breach or not by chance.
      endMs: Math.floor(nowMs / periodMs) * periodMs,
      length: evaluationRange(alarm.rule.evaluationPeriods),
    };
    const series = evaluateQueries(alarm.queries, this.#store, grid).get(alarm.resultId) ?? [];
    const verdict = evaluatePoints(alarm.rule, series, record.state.value);
    if (verdict.state === record.state.value) return;
    const points = verdict.evaluated
      .toReversed()
      .map((index) => ({ timestamp: cloudWatchTime(bucketStart(grid, index)), value: series[index] }));
    const { Threshold: threshold, ComparisonOperator: comparison } = alarm.input;
    const real = points.map(({ value }) => value);
    const reason =
      points.length === 0 && verdict.state === 'INSUFFICIENT_DATA'
        ? `Insufficient Data: no datapoints were received for ${alarm.rule.evaluationPeriods} periods`
        : `Threshold ${verdict.state === 'ALARM' ? 'Crossed' : 'not crossed'}: ${verdict.breaching} out of the last ${alarm.rule.evaluationPeriods} datapoints ${numbers(real)} were breaching (${comparison} ${threshold}; ${verdict.filled} missing datapoints were treated as ${alarm.rule.treatMissingData}; minimum ${alarm.rule.datapointsToAlarm} datapoints for OK -> ALARM transition)`;
    const oldest = verdict.evaluated[0] ?? 0;
    const reasonData = {
      version: '1.0',
      queryDate: cloudWatchTime(nowMs),
      startDate: cloudWatchTime(bucketStart(grid, oldest)),
      period: alarm.periodSeconds,
      recentDatapoints: real.toReversed(),
      threshold,
      evaluatedDatapoints: points,
    };
    this.#change(record, { value: verdict.state, reason, reasonData: JSON.stringify(reasonData), atMs: nowMs });
  }

  /** Composites may read each other: as many passes as there are levels, bounded by their number. */
  #evaluateComposites(): void {
    const composites = [...this.#alarms.values()].filter(({ evaluate }) => evaluate.kind === 'composite');
    for (let pass = 0; pass < composites.length; pass += 1) {
      const changed = composites.filter((record) => this.#evaluateComposite(record));
      if (changed.length === 0) return;
    }
  }

  #evaluateComposite(record: AlarmRecord): boolean {
    if (record.evaluate.kind !== 'composite') return false;
    const { rule } = record.evaluate;
    const value = rule.isTrue((name) => this.#alarms.get(name)?.state.value) ? 'ALARM' : 'OK';
    if (value === record.state.value) return false;
    const children = rule.children.flatMap((name) => this.#alarms.get(name) ?? []);
    const triggering = children.map(({ arn, state }) => ({
      arn,
      state: { value: state.value, timestamp: cloudWatchTime(state.atMs) },
    }));
    const reason = `${children.map(({ arn, state }) => `${arn} is ${state.value}`).join(', ')}: the alarm rule evaluates to ${value}`;
    this.#change(record, {
      value,
      reason,
      reasonData: JSON.stringify({ triggeringAlarms: triggering }),
      atMs: this.#context.clock.now(),
    });
    return true;
  }

  #change(record: AlarmRecord, state: StateRecord): void {
    const previous = record.state;
    record.state = state;
    if (state.value === previous.value) return;
    record.changedAtMs = state.atMs;
    if (record.actionsEnabled) this.#onChange(record, previous);
  }
}
