import { LastgoodError, isLastgoodError } from '#core/errors.ts';

const textOf = (value: unknown, key: string): string | undefined => {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return typeof found === 'string' && found !== '' ? found : undefined;
};

/**
 * Names an SDK failure by service, operation and AWS error name. `details.name` keeps the error name for decisions,
 * `retryable` says whether the same call may succeed later.
 * @param context the SDK's handler context, which carries client and command names
 */
export const asAwsFailure = (error: unknown, context: unknown): unknown => {
  if (isLastgoodError(error)) return error;
  const name = textOf(error, 'name') ?? 'Error';
  const service = (textOf(context, 'clientName') ?? 'AWS').replace(/Client$/, '');
  const operation = (textOf(context, 'commandName') ?? 'a call').replace(/Command$/, '');
  const code = textOf(error, 'code');
  const message = textOf(error, 'message') ?? code ?? 'no message';
  return new LastgoodError('aws-failed', `${service} ${operation} failed: ${name}: ${message}${hintFor(name, code)}`, {
    cause: error,
    retryable: isRetryable(error, name, code),
    details: { service, operation, name, ...(code !== undefined && { code }) },
  });
};

/** True for a failure of AWS with this error name, for instance `ConditionalCheckFailedException`. */
export const isAwsFailure = (error: unknown, name: string): error is LastgoodError =>
  isLastgoodError(error, 'aws-failed') && error.details['name'] === name;

const networkCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN']);

const isRetryable = (error: unknown, name: string, code: string | undefined): boolean => {
  const status: unknown =
    typeof error === 'object' && error !== null
      ? Reflect.get((Reflect.get(error, '$metadata') as object | undefined) ?? {}, 'httpStatusCode')
      : undefined;
  return (
    name === 'TimeoutError' ||
    /Throttl|TooManyRequests|RequestLimitExceeded|ProvisionedThroughputExceeded/.test(name) ||
    (code !== undefined && networkCodes.has(code)) ||
    (typeof status === 'number' && status >= 500)
  );
};

const hintFor = (name: string, code: string | undefined): string => {
  if (code !== undefined && networkCodes.has(code)) return '; check the network, and AWS_ENDPOINT_URL if it is set';
  if (name === 'CredentialsProviderError') return '; sign in to AWS, or set AWS_PROFILE or AWS_ACCESS_KEY_ID';
  if (name.startsWith('AccessDenied')) return '; ask the org for the permission, or sign in with another role';
  if (name === 'ResourceNotFoundException' || name === 'StateMachineDoesNotExist')
    return '; is the org deployed in this account and region?';
  return '';
};
