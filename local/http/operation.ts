import type { z } from 'zod';
import { AwsError } from './aws-error.ts';
import type { Scope } from './scope.ts';

/** One API call: parses its input once, then answers or throws AwsError. */
export type Operation = (scope: Scope, input: unknown) => Promise<object>;

const describe = (issue: z.core.$ZodIssue): string => {
  const field = issue.path.join('.') || 'the request';
  return issue.code === 'unrecognized_keys'
    ? `${field}: the embedded cloud does not support the parameter ${issue.keys.join(', ')}`
    : `${field}: ${issue.message}`;
};

/**
 * Builds an operation from the schema of its input. Schemas are strict: a parameter that nobody reads here
 * would change behaviour on AWS only, so it is refused.
 */
export const operation =
  <T>(schema: z.ZodType<T>, run: (scope: Scope, input: T) => object | Promise<object>): Operation =>
  async (scope, input) => {
    const parsed = schema.safeParse(input ?? {});
    if (!parsed.success) throw new AwsError('ValidationException', parsed.error.issues.map(describe).join('; '));
    return run(scope, parsed.data);
  };

export type Operations = Readonly<Record<string, Operation>>;

/** A service that speaks AWS JSON: `POST /` with `X-Amz-Target: <target>.<Operation>`. */
export interface JsonApi {
  readonly target: string;
  readonly operations: Operations;
}

/** A service that speaks the query protocol: a form with `Action`, answers in XML. */
export interface QueryApi {
  /** Service name in the SigV4 scope. */
  readonly service: string;
  readonly namespace: string;
  readonly operations: Operations;
}
