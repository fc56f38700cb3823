/** Every error that Lastgood raises on purpose, one line each: what it means to the person who sees it. */
export const errorCodes = {
  // input
  'invalid-input': 'A file, flag or payload does not have the required shape.',
  'unknown-name': 'A name (org, service, plan, set, version, release) that does not exist.',
  'channel-rule': 'The agent breaks a rule of its channel tier.',
  'outside-zone': 'A resource, replica, model route or org lies outside its residency zone.',
  // registry
  'version-taken': 'The version label already belongs to another release.',
  'digest-mismatch': 'Stored bytes do not match the digest that names them.',
  'not-found': 'The thing asked for is not stored.',
  // head
  'revision-conflict': 'Somebody else moved the head first; read it again.',
  'transition-refused': 'The head does not allow this command in its present state.',
  quarantined: 'The release was aborted before and is quarantined by digest.',
  // promotion
  'evidence-missing': 'The evidence that this promotion needs is not attached to the release.',
  'pool-not-ready': 'The pool of a release did not become warm in time.',
  'cannot-conclude': 'The canary could not reach a verdict before its deadline at this traffic.',
  // data plane
  unauthorized: 'The token, ticket or signature is missing, wrong, used or expired.',
  busy: 'No process is free and the queue is full.',
  'rate-limited': 'The customer has used its share of new calls.',
  'provider-failed': 'A speech or language model provider failed.',
  'tool-failed': 'A tool of the agent failed.',
  // environment of the program
  environment: 'A required environment variable is missing or wrong.',
  'dependency-missing': 'An optional package that this command needs is not installed.',
  'port-in-use': 'The port is taken by another process.',
  'disk-full': 'There is no room left on the disk.',
  timeout: 'A bounded wait ended before what it waited for.',
  // cloud
  'unsupported-api': 'The embedded cloud does not know this API call.',
  'unsupported-resource': 'The embedded cloud does not know this resource type, property or intrinsic.',
  'aws-failed': 'An AWS call failed.',
  interrupted: 'The operation was stopped by the user.',
  internal: 'A defect of Lastgood: an assumption did not hold.',
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface LastgoodErrorOptions {
  /** @default false - the same call again gives the same error */
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** Values for machines: field names, allowed values. Never secrets or caller data. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The one error type. Its message says what was wrong, the value received, what is allowed, and what to do. */
export class LastgoodError extends Error {
  override readonly name = 'LastgoodError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: LastgoodErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }
}

/** True when `error` is a LastgoodError, of `code` if given. */
export const isLastgoodError = (error: unknown, code?: ErrorCode): error is LastgoodError =>
  error instanceof LastgoodError && (code === undefined || error.code === code);

/** Ends a `switch` over a union: a new member that nobody handles does not compile, and throws if it gets through. */
export const assertNever = (value: never, what = 'value'): never => {
  throw new LastgoodError('internal', `unhandled ${what}: ${JSON.stringify(value)}`);
};
