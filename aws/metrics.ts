import { CloudWatchClient, GetMetricDataCommand, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { LastgoodError } from '#core/errors.ts';
import type { MetricReader, MetricSink } from '#core/host/metrics.ts';
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

/** Dimensions of one question; GetMetricData takes 500. */
const maxQueries = 500;
/** Pages of one answer. */
const maxPages = 100;
const daySeconds = 86_400;

/**
 * A period that the times since then are kept in: minutes for 15 days, hours for 455; a day to keep the answer short.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
const periodOf = (rangeSeconds: number): number => {
  if (rangeSeconds <= daySeconds) return 60;
  return rangeSeconds <= 60 * daySeconds ? 3_600 : daySeconds;
};

export const metricReader = (connection: Connection): MetricReader => ({
  sums: async (name, dimensions, { from, to }) => {
    if (dimensions.length > maxQueries) {
      const message = `${dimensions.length} sums were asked for; ask for ${maxQueries} at most`;
      throw new LastgoodError('invalid-input', message);
    }
    if (dimensions.length === 0) return [];
    const period = periodOf((to.getTime() - from.getTime()) / 1_000);
    const startMs = Math.floor(from.getTime() / (period * 1_000)) * period * 1_000;
    const MetricDataQueries = dimensions.map((set, index) => ({
      Id: `m${index}`,
      MetricStat: {
        Period: period,
        Stat: 'Sum',
        Metric: {
          Namespace: resourceNames.metricNamespace,
          MetricName: name,
          Dimensions: Object.entries(set).map(([Name, Value]) => ({ Name, Value })),
        },
      },
    }));
    const sums = dimensions.map(() => 0);
    let NextToken: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      const answer = await connection.client(CloudWatchClient).send(
        new GetMetricDataCommand({
          MetricDataQueries,
          StartTime: new Date(startMs),
          EndTime: to,
          ...(NextToken && { NextToken }),
        }),
      );
      for (const { Id = '', Values = [] } of answer.MetricDataResults ?? []) {
        const index = Number(Id.slice(1));
        sums[index] = (sums[index] ?? 0) + Values.reduce((sum, value) => sum + value, 0);
      }
      NextToken = answer.NextToken;
      if (!NextToken) return sums;
    }
    throw new LastgoodError(
      'internal',
      `the answer about ${name} has more than ${maxPages} pages; ask for a shorter time`,
    );
  },
});
