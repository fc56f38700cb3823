/** Fields of one line, besides those of the invocation. No caller data. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  readonly info: (event: string, fields?: LogFields) => void;
  readonly warn: (event: string, fields?: LogFields) => void;
  readonly error: (event: string, fields?: LogFields) => void;
}
