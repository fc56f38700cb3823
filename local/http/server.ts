import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { closeServer, listen } from '../net/listen.ts';
import { answerJson, answerJsonError, answerQuery, answerQueryError } from './answer.ts';
import { AwsError, asAwsError, unsupported } from './aws-error.ts';
import { readBody } from './body.ts';
import type { JsonApi, Operation, QueryApi } from './operation.ts';
import { parseQueryForm } from './query-form.ts';
import type { RestApi } from './rest.ts';
import { type Scope, signedScope } from './scope.ts';

export interface Apis {
  readonly json: readonly JsonApi[];
  readonly query: readonly QueryApi[];
  /** Calls by method and path: S3, Lambda, the endpoints of ECS tasks. Tried in order. */
  readonly rest: readonly RestApi[];
}

/** Requests in work at once; more are answered with a retryable error. */
const maxConcurrentRequests = 2_000;

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
  const listening = await listen(server, port, 'the embedded cloud');
  return {
    port: listening,
    close: () => {
      const closed = closeServer(server);
      server.closeAllConnections();
      return closed;
    },
  };
};

const route = async (apis: Apis, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const { service, ...scope } = signedScope(request.headers, url);
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return handleJson(apis, request, response, scope, target);
  const rest = apis.rest.find((one) => one.pathPrefix !== undefined && url.pathname.startsWith(one.pathPrefix));
  if (rest) return rest.handle(request, response, scope, url);
  if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    return handleQuery(apis, request, response, scope, service);
  const signed = apis.rest.find((one) => one.pathPrefix === undefined && one.service === service);
  if (signed) return signed.handle(request, response, scope, url);
  return answerJsonError(
    response,
    'application/json',
    unsupported(`${request.method ?? ''} ${url.pathname} for ${service === '' ? 'an unsigned request' : service}`),
  );
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
    answerJson(response, contentType, await run(scope, parseJson((await readBody(request)).toString())));
  } catch (error) {
    answerJsonError(response, contentType, asAwsError(error));
  }
};

const parseJson = (body: string): unknown => {
  try {
    return body === '' ? {} : JSON.parse(body);
  } catch (error) {
    throw new AwsError('SerializationException', `the body is not JSON: ${String(error)}`);
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
    const { action, version, input } = parseQueryForm((await readBody(request)).toString());
    if (version !== undefined && !namespace.endsWith(`/${version}/`))
      throw new AwsError('NoSuchVersion', `${service} has no version ${version}; its API is ${namespace}`);
    answerQuery(response, action, namespace, await find(api.operations, action, service)(scope, input));
  } catch (error) {
    answerQueryError(response, namespace, asAwsError(error));
  }
};

const find = (operations: Readonly<Record<string, Operation>>, action: string, service: string): Operation => {
  const known = Object.hasOwn(operations, action) ? operations[action] : undefined;
  if (!known) throw unsupported(`${service} ${action}`);
  return known;
};
