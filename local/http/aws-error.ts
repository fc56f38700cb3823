/**
 * An answer of the AWS API that says no. It is part of the protocol, not a defect: the server renders it in the
 * shape of the request's protocol and the SDK turns it into an exception named `code`.
 */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  /** Further members of the error's shape, such as `Item` of ConditionalCheckFailedException. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, status = 400, fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.fields = fields;
  }
}

/** The answer to a call that the embedded cloud does not know (invariant 12: never silently skipped). */
export const unsupported = (what: string): AwsError =>
  new AwsError(
    'UnsupportedOperation',
    `The embedded cloud does not support ${what}. Use a call that it knows (see docs/embedded-cloud.md) or add it under local/services.`,
  );
