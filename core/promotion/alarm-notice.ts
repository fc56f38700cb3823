import { z } from 'zod';
import { LastgoodError } from '../errors.ts';
import { parseOrThrow } from '../parse.ts';

/** An alarm that changed its state, from either of its two routes. */
export interface AlarmNotice {
  readonly alarmName: string;
  readonly isAlarm: boolean;
  /** When the alarm changed its state, epoch milliseconds. */
  readonly changedMs: number;
  /** The newest datapoint that was over the threshold, epoch milliseconds. @default - the notice names none */
  readonly newestBreachMs?: number;
  /** For people. */
  readonly reason: string;
}

const ReasonData = z.object({
  threshold: z.number().optional(),
  evaluatedDatapoints: z.array(z.object({ timestamp: z.string(), value: z.number().optional() })).optional(),
});

/** Alarm → Lambda: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html */
const DirectEvent = z.object({
  source: z.literal('aws.cloudwatch'),
  alarmData: z.object({
    alarmName: z.string(),
    state: z.object({
      value: z.string(),
      timestamp: z.string(),
      reason: z.string().default(''),
      reasonData: z.string().optional(),
    }),
  }),
});

const TopicEvent = z.object({
  source: z.undefined().optional(),
  Records: z.array(z.object({ Sns: z.object({ Message: z.string() }) })).min(1),
});
const TopicMessage = z.object({
  AlarmName: z.string(),
  NewStateValue: z.string(),
  NewStateReason: z.string().default(''),
  StateChangeTime: z.string(),
});

/** The schedule that asks for alarms which are still on. */
const ScheduledEvent = z.object({ source: z.literal('aws.events') });

/** What reaches the roll-back function: one alarm directly, messages of the alarms topic, or the schedule. */
export const AlarmEvent = z.union(
  [DirectEvent, TopicEvent, ScheduledEvent],
  'must be a CloudWatch alarm, directly or through SNS, or the schedule',
);
export type AlarmEvent = z.infer<typeof AlarmEvent>;

/** CloudWatch writes times as `2026-11-21T04:00:10.000+0000`. @throws LastgoodError `invalid-input` */
const timeOf = (text: string): number => {
  const ms = Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
  if (Number.isFinite(ms)) return ms;
  throw new LastgoodError('invalid-input', `the alarm's time "${text}" is not a time`);
};

const newestBreach = (reasonData: string | undefined): number | undefined => {
  if (reasonData === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(reasonData);
  } catch {
    return undefined;
  }
  const { threshold = Number.NEGATIVE_INFINITY, evaluatedDatapoints = [] } = ReasonData.safeParse(parsed).data ?? {};
  const times = evaluatedDatapoints
    .filter(({ value }) => value !== undefined && value > threshold)
    .map(({ timestamp }) => timeOf(timestamp));
  return times.length > 0 ? Math.max(...times) : undefined;
};

/** Reads alarms from either route. @throws LastgoodError `invalid-input` for a message that is no alarm */
export const alarmNotices = (event: Exclude<AlarmEvent, z.infer<typeof ScheduledEvent>>): readonly AlarmNotice[] => {
  if ('Records' in event) return event.Records.map(({ Sns }) => topicNotice(Sns.Message));
  const { alarmName, state } = event.alarmData;
  const newestBreachMs = newestBreach(state.reasonData);
  return [
    {
      alarmName,
      isAlarm: state.value === 'ALARM',
      changedMs: timeOf(state.timestamp),
      ...(newestBreachMs !== undefined && { newestBreachMs }),
      reason: state.reason,
    },
  ];
};

const topicNotice = (text: string): AlarmNotice => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LastgoodError('invalid-input', 'a message of the alarms topic is not JSON', { cause });
  }
  const message = parseOrThrow(TopicMessage, json, 'a message of the alarms topic');
  return {
    alarmName: message.AlarmName,
    isAlarm: message.NewStateValue === 'ALARM',
    changedMs: timeOf(message.StateChangeTime),
    reason: message.NewStateReason,
  };
};
