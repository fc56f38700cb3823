import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { LastgoodError } from '#core/errors.ts';
import { alarmNames } from '#core/org/resource-names.ts';
import { type Live, pauseLive } from './bring-up.ts';

/** A sliding minute, three datapoints and an evaluation, twice over. */
const limitMs = 240_000;
const pollMs = 250;

interface AlarmState {
  readonly isOn: boolean;
  /** Epoch milliseconds. */
  readonly changedMs: number;
}

const stateOf = async ({ access }: Live, name: string): Promise<AlarmState> => {
  const { MetricAlarms: [alarm] = [] } = await access.connection
    .client(CloudWatchClient)
    .send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
  if (alarm === undefined) throw new LastgoodError('not-found', `the org of the bench has no alarm ${name}`);
  return { isOn: alarm.StateValue === 'ALARM', changedMs: alarm.StateUpdatedTimestamp?.getTime() ?? Number.NaN };
};

const becomes = async (live: Live, name: string, isOn: boolean): Promise<AlarmState> => {
  const deadline = Date.now() + limitMs;
  while (Date.now() < deadline) {
    const state = await stateOf(live, name);
    if (state.isOn === isOn) return state;
    await pauseLive(live, pollMs);
  }
  throw new LastgoodError('timeout', `${name} did not ${isOn ? 'fire' : 'clear'} within ${limitMs / 1000} s`);
};

/** When the alarm fired that compares the candidate with stable, in epoch milliseconds. */
export const candidateAlarmFires = async (live: Live, service: string): Promise<number> =>
  (await becomes(live, alarmNames(service).candidateWorse, true)).changedMs;

/** Until the alarms have forgotten the last canary: another one does not start before. */
export const candidateAlarmsClear = async (live: Live, service: string): Promise<void> => {
  const { candidateWorse, candidateSilent } = alarmNames(service);
  await Promise.all([candidateWorse, candidateSilent].map((name) => becomes(live, name, false)));
};
