import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { type AlarmReader, noSuchAlarm } from '#core/promotion/alarm-reader.ts';
import type { Connection } from './connection.ts';

/** DescribeAlarms takes 100 names: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
const maxNames = 100;

export const alarmReader = (connection: Connection): AlarmReader => ({
  inAlarm: async (names) => {
    const { MetricAlarms = [] } = await connection
      .client(CloudWatchClient)
      .send(new DescribeAlarmsCommand({ AlarmNames: names.slice(0, maxNames), MaxRecords: maxNames }));
    const states = new Map(MetricAlarms.map(({ AlarmName, StateValue }) => [AlarmName, StateValue]));
    for (const name of names) if (!states.has(name)) throw noSuchAlarm(name);
    return names.filter((name) => states.get(name) === 'ALARM');
  },
});
