import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LastgoodError } from '#core/errors.ts';
import { answerJson, answerJsonError, answerQuery, answerQueryError, asAwsError } from './answer.ts';
import { AwsError, unsupported } from './aws-error.ts';
import { readBody } from './body.ts';
import type { JsonApi, Operation, QueryApi } from './operation.ts';
import { parseQueryForm } from './query-form.ts';
import { type Scope, signedScope } from './scope.ts';

/** Calls that are neither AWS JSON nor query: S3, Lambda's REST paths, the endpoints of ECS tasks. */
export type RestHandler = (request: IncomingMessage, response: ServerResponse, scope: Scope, url: URL) => Promise<void>;

export interface RestRoute {
  readonly pathPrefix: string;
  readonly handle: RestHandler;
}

export interface Apis {
  readonly json: readonly JsonApi[];
  readonly query: readonly QueryApi[];
  /** Tried in order by path. */
  readonly rest: readonly RestRoute[];
  /** Requests signed for `s3`. */
  readonly s3: RestHandler;
}

/** Requests in work at once; more are answered with a retryable error. */
const maxConcurrentRequests = 2_000;

const find = (operations: Readonly<Record<string, Operation>>, action: string, service: string): Operation => {
  const known = Object.hasOwn(operations, action) ? operations[action] : undefined;
  if (!known) throw unsupported(`${service} ${action}`);
  return known;
};

const handleJson = async (
  apis: Apis,
  request: IncomingMessage,
  response: ServerResponse,
  scope: Scope,
  target: string,
): Promise<void> => {
  const contentType = request.headers['content-type'] ?? 'application/x-amz-json-1.0';
  try {
    const dot = target.lastIndexOf('.');
    const api = apis.json.find((one) => one.target === target.slice(0, dot));
    if (!api) throw unsupported(`the service of X-Amz-Target ${target}`);
    const run = find(api.operations, target.slice(dot + 1), api.target);
    const body = await readBody(request);
    const input: unknown = body.length === 0 ? {} : JSON.parse(body.toString());
    answerJson(response, contentType, await run(scope, input));
  } catch (error) {
    const malformed = error instanceof SyntaxError;
    answerJsonError(
      response,
      contentType,
      malformed ? new AwsError('SerializationException', `the body is not JSON: ${error.message}`) : asAwsError(error),
    );
  }
};

const handleQuery = async (
  apis: Apis,
  request: IncomingMessage,
  response: ServerResponse,
  scope: Scope,
  service: string,
): Promise<void> => {
  const api = apis.query.find((one) => one.service === service);
  const namespace = api?.namespace ?? '';
  try {
    if (!api) throw unsupported(`the query API of ${service === '' ? 'an unsigned request' : service}`);
    const { action, input } = parseQueryForm((await readBody(request)).toString());
    answerQuery(response, action, namespace, await find(api.operations, action, service)(scope, input));
  } catch (error) {
    answerQueryError(response, namespace, asAwsError(error));
  }
};

const route = async (apis: Apis, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const { service, ...scope } = signedScope(request.headers, url);
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return handleJson(apis, request, response, scope, target);
  const rest = apis.rest.find((one) => url.pathname.startsWith(one.pathPrefix));
  if (rest) return rest.handle(request, response, scope, url);
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    return handleQuery(apis, request, response, scope, service);
  if (service === 's3') return apis.s3(request, response, scope, url);
  return answerJsonError(
    response,
    'application/json',
    unsupported(`${request.method ?? ''} ${url.pathname} for ${service === '' ? 'an unsigned request' : service}`),
  );
};

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new LastgoodError(
              'port-in-use',
              `Port ${port} on 127.0.0.1 is taken by another process. Stop it, or choose another port with --port.`,
              { cause },
            )
          : cause,
      ),
    );
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

export interface ApiServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts the one HTTP server of the embedded cloud on the loopback interface.
 * @param port 0 for a free one
 * @throws LastgoodError `port-in-use`
 */
export const startServer = async (port: number, apis: Apis): Promise<ApiServer> => {
  let concurrent = 0;
  const server = createServer({ keepAliveTimeout: 65_000, requestTimeout: 300_000 }, (request, response) => {
    if (concurrent >= maxConcurrentRequests) {
      answerJsonError(
        response,
        'application/json',
        new AwsError('ThrottlingException', `the embedded cloud has ${concurrent} calls in work; try again`, 429),
      );
      return;
    }
    concurrent += 1;
    response.once('close', () => {
      concurrent -= 1;
    });
    request.on('error', () => undefined);
    route(apis, request, response).catch((error: unknown) =>
      answerJsonError(response, 'application/json', asAwsError(error)),
    );
  });
  const listening = await listen(server, port);
  return {
    port: listening,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
