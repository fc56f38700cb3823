/** What the cloud sends to a function's process. */
export interface InvokeMessage {
  readonly type: 'invoke';
  /** JSON text of the event. */
  readonly event: string;
  readonly requestId: string;
  readonly functionArn: string;
  /** Milliseconds since the epoch at which the cloud kills the process. */
  readonly deadlineMs: number;
}

export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** What a function's process sends back: `ready` once, then one answer per invocation. */
export type RuntimeMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly requestId: string; readonly payload: string }
  | { readonly type: 'error'; readonly requestId: string | undefined; readonly error: FunctionError };
