import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { MetricSink } from '#core/host/metrics.ts';
import { resourceNames } from '#core/org/resource-names.ts';
import type { Connection } from './connection.ts';

/** PutMetricData takes 1,000 metrics a call: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
const maxPoints = 1_000;

export const metricSink = (connection: Connection): MetricSink => ({
  publish: async (points, at) => {
    const client = connection.client(CloudWatchClient);
    for (let start = 0; start < points.length; start += maxPoints) {
      await client.send(
        new PutMetricDataCommand({
          Namespace: resourceNames.metricNamespace,
          MetricData: points.slice(start, start + maxPoints).map(({ name, value, dimensions }) => ({
            MetricName: name,
            Value: value,
            Timestamp: at,
            StorageResolution: 1,
            Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
          })),
        }),
      );
    }
  },
});
