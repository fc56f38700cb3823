/** A function as its template describes it. */
export interface FunctionConfig {
  readonly name: string;
  /** Folder of the bundle. */
  readonly codeFolder: string;
  /** `index.handler` */
  readonly handler: string;
  /** `nodejs24.x` */
  readonly runtime: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly logGroup: string;
  /** ReservedConcurrentExecutions. @default - `maxProcessesPerFunction`, more wait */
  readonly reservedConcurrency?: number;
}
