import type { LogLine } from '#core/session/log-line.ts';

/** What every line of one call repeats (X1, X2). */
export interface LogContext {
  readonly traceId?: string;
  readonly customerId?: string;
  readonly sessionId?: string;
  /** Release id. */
  readonly agentVersion?: string;
  readonly overlayVersion?: number;
}

export interface CallLogFields {
  readonly latencyMs?: number;
  /** The only place for prompts, transcripts and phone numbers. */
  readonly redactable?: Readonly<Record<string, unknown>>;
  readonly error?: unknown;
  readonly [field: string]: unknown;
}

export interface CallLog {
  readonly debug: (event: string, fields?: CallLogFields) => void;
  readonly info: (event: string, fields?: CallLogFields) => void;
  readonly warn: (event: string, fields?: CallLogFields) => void;
  readonly error: (event: string, fields?: CallLogFields) => void;
  /** A log whose lines carry this context too. */
  readonly with: (context: LogContext) => CallLog;
}

export interface LogOptions {
  readonly component: string;
  readonly org: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Takes one line with its line break. @default standard output */
  readonly write?: (line: string) => void;
}

/** A writer of JSON lines; the schema is `core/session/log-line.ts`. No dependency, because agent processes load it. */
export const createLog = (options: LogOptions, context: LogContext = {}): CallLog => {
  const write = options.write ?? ((line: string) => void process.stdout.write(line));
  const emit =
    (level: LogLine['level']) =>
    (event: string, { latencyMs, error, ...fields }: CallLogFields = {}): void => {
      const line: LogLine = {
        ...fields,
        ...(error !== undefined && { error: errorText(error) }),
        level,
        timestamp: new Date(options.now()).toISOString(),
        component: options.component,
        event,
        trace_id: context.traceId ?? null,
        org: options.org,
        customer_id: context.customerId ?? null,
        session_id: context.sessionId ?? null,
        agent_version: context.agentVersion ?? null,
        overlay_version: context.overlayVersion ?? null,
        latency_ms: latencyMs ?? null,
      };
      write(`${JSON.stringify(line)}\n`);
    };
  return {
    debug: emit('debug'),
    info: emit('info'),
    warn: emit('warn'),
    error: emit('error'),
    with: (more) => createLog(options, { ...context, ...more }),
  };
};

const errorText = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
