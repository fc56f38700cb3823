export interface Functions {
  /** Asks a function to run and does not wait for it. */
  readonly ask: (functionName: string) => Promise<void>;
}
