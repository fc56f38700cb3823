import type { CompiledQuery } from './alarm-definition.ts';
import type { Series } from './metric-math.ts';
import type { MetricStore } from './metric-store.ts';

/** The time grid of an evaluation: `length` buckets, the last ending at `endMs`. */
export interface Grid {
  readonly periodSeconds: number;
  readonly endMs: number;
  readonly length: number;
}

/** Values of every query on the grid, by id; expressions may read each other in any order, but not in a circle. */
export const evaluateQueries = (
  queries: readonly CompiledQuery[],
  store: MetricStore,
  grid: Grid,
): ReadonlyMap<string, Series> => {
  const values = new Map<string, Series>();
  const resolve = (id: string, path: readonly string[]): Series => {
    const known = values.get(id);
    if (known) return known;
    const query = queries.find((one) => one.id === id);
    if (!query || path.includes(id))
      throw new Error(`metric math: ${[...path, id].join(' → ')} is a circle or undefined`);
    const series =
      query.kind === 'metric'
        ? store.read(query.metric, { ...grid, statistic: query.statistic, unit: query.unit })
        : query.expression.evaluate(
            new Map(query.expression.ids.map((input) => [input, resolve(input, [...path, id])])),
            grid.length,
          );
    values.set(id, series);
    return series;
  };
  for (const { id } of queries) resolve(id, []);
  return values;
};

/** Start of a bucket in milliseconds. */
export const bucketStart = (grid: Grid, index: number): number =>
  grid.endMs - (grid.length - index) * grid.periodSeconds * 1_000;
