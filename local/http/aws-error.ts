import { isLastgoodError } from '#core/errors.ts';

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

/**
 * Anything thrown becomes an AWS error, here and nowhere else: what the caller asked wrongly is refused in the words of
 * the service, a full machine says so, and only a defect of the embedded cloud is an InternalFailure.
 * @param invalid code with which the service refuses an input
 */
export const asAwsError = (error: unknown, invalid = 'ValidationException'): AwsError => {
  if (error instanceof AwsError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (isLastgoodError(error, 'unsupported-resource') || isLastgoodError(error, 'invalid-input'))
    return new AwsError(invalid, message);
  if (isLastgoodError(error, 'busy')) return new AwsError('ThrottlingException', message, 429);
  if (isLastgoodError(error, 'disk-full')) return new AwsError('InsufficientStorage', message, 507);
  return new AwsError('InternalFailure', message, 500);
};
