import { z } from 'zod';
import { Unit } from './inputs.ts';
import type { MetricId, MetricSample } from './metric-store.ts';

const Directive = z.object({
  Namespace: z.string(),
  Dimensions: z.array(z.array(z.string()).max(30)).default([[]]),
  Metrics: z.array(
    z.object({
      Name: z.string(),
      Unit: Unit.default('None'),
      StorageResolution: z.union([z.literal(1), z.literal(60)]).default(60),
    }),
  ),
});
const EmbeddedMetrics = z.looseObject({
  _aws: z.object({ Timestamp: z.number(), CloudWatchMetrics: z.array(Directive) }),
});

/**
 * The samples of one log line in the embedded metric format; nothing when the line is none.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export const embeddedMetrics = (line: string): readonly { readonly id: MetricId; readonly sample: MetricSample }[] => {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return [];
  }
  const parsed = EmbeddedMetrics.safeParse(json);
  if (!parsed.success) return [];
  const { _aws: metadata, ...fields } = parsed.data;
  return metadata.CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions: sets, Metrics: metrics }) =>
    sets.flatMap((names) =>
      metrics.flatMap(({ Name: name, StorageResolution: resolution, Unit: unit }) => {
        const value = fields[name];
        const values = (Array.isArray(value) ? value : [value]).filter((one): one is number => typeof one === 'number');
        if (values.length === 0) return [];
        const dimensions = Object.fromEntries(names.map((dimension) => [dimension, String(fields[dimension])]));
        return [
          {
            id: { namespace, name, dimensions },
            sample: sampleOf(values, { atMs: metadata.Timestamp, resolution, unit }),
          },
        ];
      }),
    ),
  );
};

/** One sample from single values. */
export const sampleOf = (
  values: readonly number[],
  about: Pick<MetricSample, 'atMs' | 'resolution' | 'unit'>,
): MetricSample => ({
  ...about,
  values: values.map((value) => [value, 1]),
  count: values.length,
  sum: values.reduce((sum, value) => sum + value, 0),
  min: Math.min(...values),
  max: Math.max(...values),
});
