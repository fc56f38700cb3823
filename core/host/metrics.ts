export interface MetricPoint {
  readonly name: string;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

export interface MetricSink {
  /** Custom metrics with one-second resolution, for alarms with 10 s periods. Any number of points. */
  readonly publish: (points: readonly MetricPoint[], at: Date) => Promise<void>;
}
