import type { z } from 'zod';
import { AwsError, asAwsError } from './aws-error.ts';
import type { Scope } from './scope.ts';

/** One API call: parses its input once, then answers or throws AwsError. */
export interface Operation {
  (scope: Scope, input: unknown): Promise<object>;
  /** Strict: a parameter that nobody reads here would change behaviour on AWS only, so it is refused. */
  readonly schema: z.ZodType;
}

export type Operations = Readonly<Record<string, Operation>>;

/** The codes with which a service refuses an input. */
export interface Refusals {
  /** For a parameter that it does not know and a value that it does not allow. */
  readonly invalid: string;
  /** For a value of the wrong type. @default - SerializationException, as services that speak JSON have it */
  readonly wrongType?: string;
  /** For a parameter that must be there. @default - that of `invalid` */
  readonly missing?: string;
}

export interface OperationOptions {
  /** Codes of parameters whose wrong values the service names differently, by parameter. */
  readonly values?: Readonly<Record<string, string>>;
  /** Code for what the operation itself cannot do with a well-formed input. @default - the service's `invalid` */
  readonly refused?: string;
}

/**
 * Gives a service its way of building operations: from the schema of the input, and in the service's words.
 * @example
 * const operation = operationsOf({ invalid: 'InvalidParameterException' });
 * const api = { DescribeSecret: operation(z.strictObject({ SecretId: z.string() }), (scope, input) => …) };
 */
export const operationsOf =
  (refusals: Refusals) =>
  <T>(
    schema: z.ZodType<T>,
    run: (scope: Scope, input: T) => object | Promise<object>,
    options: OperationOptions = {},
  ): Operation =>
    Object.assign(
      async (scope: Scope, input: unknown): Promise<object> => {
        const parsed = parseInput(schema, input ?? {}, refusals, options.values);
        try {
          return await run(scope, parsed);
        } catch (error) {
          throw asAwsError(error, options.refused ?? refusals.invalid);
        }
      },
      { schema },
    );

/** @throws AwsError naming every parameter that is unknown, missing or not allowed */
export const parseInput = <T>(
  schema: z.ZodType<T>,
  input: unknown,
  refusals: Refusals,
  values: OperationOptions['values'] = {},
): T => {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const codes = issues.map((issue) => codeOf(issue, valueAt(input, issue.path), refusals, values));
  throw new AwsError(codes[0] ?? refusals.invalid, issues.map(describe).join('; '));
};

const codeOf = (
  issue: z.core.$ZodIssue,
  value: unknown,
  { invalid, wrongType = 'SerializationException', missing = invalid }: Refusals,
  values: Readonly<Record<string, string>>,
): string => {
  if (issue.code === 'unrecognized_keys') return invalid;
  // A rule over several parameters may name its own code.
  if (issue.code === 'custom' && typeof issue.params?.['code'] === 'string') return issue.params['code'];
  const special = values[String(issue.path[0])];
  if (value === undefined) return special ?? missing;
  const isOfOtherType =
    (issue.code === 'invalid_type' && issue.expected !== 'never') ||
    (issue.code === 'invalid_value' && typeof issue.values[0] !== typeof value);
  return isOfOtherType ? wrongType : (special ?? invalid);
};

const describe = (issue: z.core.$ZodIssue): string => {
  const field = issue.path.join('.') || 'the request';
  return issue.code === 'unrecognized_keys'
    ? `${field}: the embedded cloud does not support the parameter ${issue.keys.join(', ')}`
    : `${field}: ${issue.message}`;
};

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );

/** A service that speaks AWS JSON: `POST /` with `X-Amz-Target: <target>.<Operation>`. */
export interface JsonApi {
  readonly target: string;
  readonly operations: Operations;
}

/** A service that speaks the query protocol: a form with `Action`, answers in XML. */
export interface QueryApi {
  /** Service name in the SigV4 scope. */
  readonly service: string;
  /** Ends with the version of the API: `…/2010-03-31/`. */
  readonly namespace: string;
  readonly operations: Operations;
}
