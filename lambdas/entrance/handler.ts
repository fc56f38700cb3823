import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
// oxlint-disable-next-line import/no-named-as-default -- its types have the default export only
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { z } from 'zod';
import { connect, type Connection } from '#aws/connection.ts';
import { type Clock, systemClock } from '#core/clock.ts';
import { isLastgoodError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import { parseOrThrow } from '#core/parse.ts';
import { environments, type HandlerEnvironment, type HandlerName } from './environment.ts';
import { createLogger, logOf } from './log.ts';

/** What a function is made of at its first invocation; everything that a test replaces comes from here. */
export interface FunctionParts<Name extends HandlerName> {
  readonly environment: HandlerEnvironment<Name>;
  readonly connection: Connection;
  readonly log: Log;
  readonly clock: Clock;
  /** Who moves a head: `lambda:analyze`. */
  readonly by: string;
}

/**
 * The error of a step as Step Functions sees it: its name is `Retryable` when the same call may succeed later, and the
 * code of `core/errors.ts` otherwise, so that the workflow retries the one and reports the other.
 */
export class StepError extends Error {
  constructor(name: string, message: string, cause: unknown) {
    super(message, { cause });
    this.name = name;
  }
}

const asStepError = (error: unknown): unknown => {
  if (!isLastgoodError(error)) return error;
  return error.retryable
    ? new StepError('Retryable', `${error.code}: ${error.message}`, error)
    : new StepError(error.code, error.message, error);
};

/**
 * A Lambda handler: parses the event, runs the step, answers. The environment is parsed once, at the first event.
 * @param name of the file in `lambdas/`
 * @param schema of the event; a wrong event is `invalid-input`
 */
export const lambdaHandler = <Name extends HandlerName, Event, Answer>(
  name: Name,
  schema: z.ZodType<Event>,
  create: (parts: FunctionParts<Name>) => (event: Event) => Promise<Answer>,
) => {
  const logger = createLogger(name);
  const tracer = new Tracer({ serviceName: `lastgood-${name}` });
  let step: ((event: Event) => Promise<Answer>) | undefined;
  const run = async (event: unknown, _context: Context): Promise<Answer> => {
    try {
      step ??= create(partsOf(name, logOf(logger)));
      return await step(parseOrThrow(schema, event, `the event of ${name}`));
    } catch (error) {
      logger.error('failed', { error: error instanceof Error ? error : String(error) });
      throw asStepError(error);
    }
  };
  return middy(run)
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(captureLambdaHandler(tracer, { captureResponse: false }))
    .before(({ event }) => logger.appendKeys({ org: process.env['ORG'] ?? null, ...keysOf(event) }));
};

const partsOf = <Name extends HandlerName>(name: Name, log: Log): FunctionParts<Name> => ({
  environment: parseOrThrow(
    environments[name] as unknown as z.ZodType<HandlerEnvironment<Name>>,
    process.env,
    `the environment of ${name}`,
    'environment',
  ),
  connection: connect({ clock: systemClock, random: Math.random }),
  log,
  clock: systemClock,
  by: `lambda:${name}`,
});

/** A promotion's id is the trace id of everything that happens in it. */
const keysOf = (event: unknown): Record<string, unknown> => {
  const text = (key: string): string | undefined => {
    const value: unknown = typeof event === 'object' && event !== null ? Reflect.get(event, key) : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const promotionId = text('promotionId');
  const release = text('release');
  return {
    ...(promotionId !== undefined && { trace_id: promotionId, version_set: `${text('service')}/${text('set')}` }),
    ...(release !== undefined && { agent_version: release }),
  };
};
