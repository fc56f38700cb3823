import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isLastgoodError, LastgoodError } from '#core/errors.ts';

/** An app's request and a webhook's form are small. */
const maxBodyBytes = 16_384;

/** Reads a body up to its limit. @throws LastgoodError `invalid-input` */
export const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes)
      throw new LastgoodError('invalid-input', `the body is larger than ${maxBodyBytes} bytes; send less`);

    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** Status and body of an error; what is not meant for callers stays in the log. */
export const errorAnswer = (
  error: unknown,
): { status: number; code: string; message: string; retryAfterSeconds?: number } => {
  const status = statusOf(error);
  if (!isLastgoodError(error) || status === 500)
    return { status, code: 'internal', message: 'the call could not be set up' };
  const { retryAfterMs } = error.details;
  return {
    status,
    code: error.code,
    message: error.message,
    ...(typeof retryAfterMs === 'number' && { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) }),
  };
};

export const sendJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
};

export const sendError = (response: ServerResponse, error: unknown): void => {
  const { status, code, message, retryAfterSeconds } = errorAnswer(error);
  const headers = retryAfterSeconds === undefined ? undefined : { 'retry-after': String(retryAfterSeconds) };
  sendJson(response, status, { error: { code, message } }, headers);
};

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** Answers an upgrade request that will not become a call, and closes. */
export const refuseUpgrade = (
  socket: Socket,
  status: number,
  code: string,
  message: string,
  retryAfterSeconds?: number,
): void => {
  const body = JSON.stringify({ error: { code, message } });
  const lines = [
    `HTTP/1.1 ${status} ${reasons[status] ?? 'Error'}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    `x-lastgood-reason: ${code}`,
    ...(retryAfterSeconds === undefined ? [] : [`retry-after: ${retryAfterSeconds}`]),
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
};

const statusOf = (error: unknown): number => {
  if (!isLastgoodError(error)) return 500;
  switch (error.code) {
    case 'invalid-input':
      return 400;
    case 'unauthorized':
      return 401;
    case 'unknown-name':
      return 404;
    case 'rate-limited':
      return 429;
    case 'busy':
    case 'timeout':
      return 503;
    default:
      return 500;
  }
};
