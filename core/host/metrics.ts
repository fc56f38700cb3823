export interface MetricPoint {
  readonly name: string;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface MetricSink {
  /** Custom metrics with one-second resolution, for alarms with 10 s periods. Any number of points. */
  readonly publish: (points: readonly MetricPoint[], at: Date) => Promise<void>;
}

export interface MetricReader {
  /**
   * Adds up what was published under a name, for each set of dimensions; 0 where nothing was. For plain counts only: sliding sums
   * count everything several times. The start is rounded down to what is still kept of so old a time: a minute, an hour or a day.
   */
  readonly sums: (
    name: string,
    dimensions: readonly Readonly<Record<string, string>>[],
    range: { readonly from: Date; readonly to: Date },
  ) => Promise<readonly number[]>;
}
