import { pause } from '#core/clock.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { type CloudContext, type PerScope, perScope } from '../../context.ts';
import { answerJsonError } from '../../http/answer.ts';
import { AwsError, asAwsError, unsupported } from '../../http/aws-error.ts';
import { readBody } from '../../http/body.ts';
import { parseInput } from '../../http/operation.ts';
import { type RestApi, restParameters } from '../../http/rest.ts';
import type { Scope } from '../../http/scope.ts';
import type { FunctionConfig } from './function-config.ts';
import type { ProcessAnswer } from './function-process.ts';
import { FunctionPool } from './function-pool.ts';
import { LogBuffer } from './log-buffer.ts';

/** Payload limit of a synchronous invocation. Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maxPayloadBytes = 6 * 1024 * 1024;
/** Event invocations in work or waiting for a retry. */
const maxPendingEvents = 10_000;
const eventAttempts = 3;
/** AWS waits one minute and then two between the attempts of an event invocation. */
const eventRetryMs = [60_000, 120_000] as const;

/** Payload limit of an event. Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maxEventBytes = 1024 * 1024;

const refusals = { invalid: 'InvalidParameterValueException', wrongType: 'InvalidParameterValueException' } as const;

/** Every version and alias is the one deployed code; there are no log tails and no client contexts. */
const Invoke = z.strictObject({
  'x-amz-invocation-type': z.enum(['RequestResponse', 'Event', 'DryRun']).default('RequestResponse'),
  'x-amz-log-type': z.literal('None').optional(),
  Qualifier: z
    .string()
    .regex(/^(\$LATEST|[a-zA-Z0-9_-]{1,128})$/, 'a qualifier is $LATEST, a version or an alias')
    .optional(),
  'content-type': z.string().optional(),
});

/** Runs a function of a scope and answers its result or error; the seam through which other services invoke lambdas. */
export type InvokeFunction = (scope: Scope, functionRef: string, event: string) => Promise<ProcessAnswer>;

/** Where the metrics of functions go. */
export interface FunctionMetrics {
  /** Is given every line of a function's stdout that may be an embedded metric. */
  readonly onLine: (scope: Scope, line: string) => void;
  /** Is told what Lambda itself counts. */
  readonly count: (scope: Scope, functionName: string, metric: 'Invocations' | 'Errors', value: number) => void;
}

/** Lambda: the bundles that CDK built, each function in processes of its own. */
export class Lambda {
  readonly api: RestApi;
  readonly logs: LogBuffer;
  readonly #context: CloudContext;
  readonly #scopes: PerScope<Map<string, FunctionPool>> = perScope(() => new Map());
  readonly #metrics: FunctionMetrics;
  #pendingEvents = 0;
  #closed = false;

  constructor(context: CloudContext, metrics: FunctionMetrics) {
    this.#context = context;
    this.#metrics = metrics;
    this.logs = new LogBuffer();
    this.api = {
      service: 'lambda',
      pathPrefix: '/2015-03-31/functions/',
      operations: {
        Invoke: { method: 'POST', path: '/2015-03-31/functions/{FunctionName}/invocations', schema: Invoke },
      },
      handle: (request, response, scope, url) => this.#handle(request, response, scope, url),
    };
  }

  /** Creates a function or replaces it; warm processes of the old one end. Returns its ARN. */
  async put(scope: Scope, config: FunctionConfig): Promise<string> {
    const functions = this.#scopes.get(scope);
    await functions.get(config.name)?.close();
    const pool = new FunctionPool(this.#context, scope, config, (line, stream) =>
      this.#onLine(scope, config.name, line, stream),
    );
    functions.set(config.name, pool);
    return pool.arn;
  }

  async remove(scope: Scope, name: string): Promise<void> {
    const functions = this.#scopes.get(scope);
    await functions.get(name)?.close();
    functions.delete(name);
  }

  readonly invoke: InvokeFunction = (scope, functionRef, event) => this.#run(this.#find(scope, functionRef), event);

  /** Runs a function without waiting for it: three attempts, as Lambda gives an asynchronous invocation. */
  invokeEvent(scope: Scope, functionRef: string, event: string): void {
    const pool = this.#find(scope, functionRef);
    if (this.#pendingEvents >= maxPendingEvents) {
      throw new AwsError(
        'TooManyRequestsException',
        `Rate Exceeded: ${maxPendingEvents} event invocations are pending.`,
        429,
      );
    }
    this.#pendingEvents += 1;
    void this.#attemptEvent(scope, pool, event).finally(() => {
      this.#pendingEvents -= 1;
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const functions of this.#scopes.values())
      await Promise.all([...functions.values()].map((pool) => pool.close()));
  }

  async #attemptEvent(scope: Scope, pool: FunctionPool, event: string): Promise<void> {
    for (let attempt = 1; attempt <= eventAttempts && !this.#closed; attempt += 1) {
      const answer = await this.#run(pool, event).catch((error: unknown): ProcessAnswer => {
        const { code, message } = asAwsError(error);
        return { kind: 'error', error: { errorType: code, errorMessage: message, trace: [] } };
      });
      if (answer.kind === 'result') return;
      const wait = eventRetryMs[attempt - 1];
      const more = wait === undefined ? 'the event is dropped' : `next attempt in ${wait / 1_000} s`;
      this.#warn(
        scope,
        pool.config.name,
        `event invocation failed (attempt ${attempt} of ${eventAttempts}): ${answer.error.errorType}: ${answer.error.errorMessage}; ${more}`,
      );
      if (wait !== undefined) await pause(this.#context.clock, wait);
    }
  }

  /** Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html */
  async #run(pool: FunctionPool, event: string): Promise<ProcessAnswer> {
    const { scope, config } = pool;
    this.#metrics.count(scope, config.name, 'Invocations', 1);
    const answer = await pool.invoke(event);
    this.#metrics.count(scope, config.name, 'Errors', answer.kind === 'error' ? 1 : 0);
    return answer;
  }

  #find(scope: Scope, functionRef: string): FunctionPool {
    const { scope: owner, name } = parseFunctionRef(scope, functionRef);
    const pool = this.#scopes.get(owner).get(name);
    if (!pool) {
      const arn = `arn:aws:lambda:${owner.region}:${owner.account}:function:${name}`;
      throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`, 404, { Type: 'User' });
    }
    return pool;
  }

  #onLine(scope: Scope, name: string, line: string, stream: 'stdout' | 'stderr'): void {
    const at = this.#context.clock.now();
    this.logs.add(scope, name, { at, line });
    this.#context.log({ at, source: 'lambda', level: stream === 'stderr' ? 'warn' : 'info', scope, name, line });
    if (stream === 'stdout' && line.includes('"_aws"')) this.#metrics.onLine(scope, line);
  }

  #warn(scope: Scope, name: string, line: string): void {
    this.#context.log({ at: this.#context.clock.now(), source: 'cloud', level: 'warn', scope, name, line });
  }

  async #handle(request: IncomingMessage, response: ServerResponse, scope: Scope, url: URL): Promise<void> {
    try {
      const match = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(url.pathname);
      if (!match || request.method !== 'POST') throw unsupported(`Lambda ${request.method ?? ''} ${url.pathname}`);
      const { 'x-amz-invocation-type': type } = parseInput(Invoke, restParameters(request, url), refusals);
      const functionRef = decodeURIComponent(match[1] ?? '');
      const event = await readEvent(request, type === 'Event' ? maxEventBytes : maxPayloadBytes);
      if (type === 'DryRun') {
        this.#find(scope, functionRef);
        response.writeHead(204).end();
      } else if (type === 'Event') {
        this.invokeEvent(scope, functionRef, event);
        response.writeHead(202, { 'content-length': 0 }).end();
      } else sendAnswer(response, await this.invoke(scope, functionRef, event));
    } catch (error) {
      answerJsonError(response, 'application/json', asAwsError(error, refusals.invalid));
    }
  }
}

/** @throws AwsError `InvalidRequestContentException` for what is no JSON, `RequestTooLargeException` */
const readEvent = async (request: IncomingMessage, limitBytes: number): Promise<string> => {
  const body = await readBody(request, limitBytes).catch((error: unknown) => {
    if (!(error instanceof AwsError) || error.status !== 413) throw error;
    throw new AwsError('RequestTooLargeException', `Request must be smaller than ${limitBytes} bytes.`, 413);
  });
  const event = body.toString() || '{}';
  try {
    JSON.parse(event);
  } catch (error) {
    throw new AwsError('InvalidRequestContentException', `Could not parse request body into json: ${String(error)}`);
  }
  return event;
};

const sendAnswer = (response: ServerResponse, answer: ProcessAnswer): void => {
  const body = answer.kind === 'result' ? answer.payload : JSON.stringify(answer.error);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-amz-executed-version': '$LATEST',
    ...(answer.kind === 'error' && { 'x-amz-function-error': 'Unhandled' }),
  });
  response.end(body);
};

/** A name, `name:alias`, a partial or a whole ARN; versions and aliases all mean the one deployed code. */
const parseFunctionRef = (scope: Scope, ref: string): { scope: Scope; name: string } => {
  const arn = /^arn:aws:lambda:([^:]+):(\d{12}):function:([^:]+)/.exec(ref);
  if (arn) return { scope: { region: arn[1] ?? '', account: arn[2] ?? '' }, name: arn[3] ?? '' };
  const partial = /^(\d{12}):function:([^:]+)/.exec(ref);
  if (partial) return { scope: { region: scope.region, account: partial[1] ?? '' }, name: partial[2] ?? '' };
  return { scope, name: ref.split(':')[0] ?? ref };
};
