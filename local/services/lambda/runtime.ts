/**
 * Runs in a function's own process, in the place of the Lambda runtime: loads the bundle's handler and answers one
 * invocation after another over the IPC channel. Ends when the channel does.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FunctionError, InvokeMessage, RuntimeMessage } from './messages.ts';

type Handler = (event: unknown, context: object) => unknown;

const send = (message: RuntimeMessage): void => {
  process.send?.(message);
};

const asFunctionError = (error: unknown): FunctionError =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n').slice(0, 50) }
    : { errorType: typeof error, errorMessage: String(error), trace: [] };

const environment = (name: string): string => process.env[name] ?? '';

/** `index.handler` is the export `handler` of index.mjs or index.js in the task root. */
const loadHandler = async (): Promise<Handler> => {
  const root = environment('LAMBDA_TASK_ROOT');
  const name = environment('_HANDLER');
  const dot = name.lastIndexOf('.');
  const file = ['.mjs', '.js', '.cjs']
    .map((ending) => join(root, name.slice(0, dot) + ending))
    .find((path) => existsSync(path));
  if (file === undefined) {
    throw Object.assign(new Error(`Cannot find the file of handler ${name} in ${root}`), {
      name: 'Runtime.ImportModuleError',
    });
  }
  const module: Record<string, unknown> = file.endsWith('.mjs')
    ? await import(pathToFileURL(file).href)
    : await import(pathToFileURL(file).href).catch(() => createRequire(file)(file));
  const handler = module[name.slice(dot + 1)];
  if (typeof handler !== 'function')
    throw Object.assign(new Error(`${name} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
  return handler as Handler;
};

const contextOf = (message: InvokeMessage): object => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName: environment('AWS_LAMBDA_FUNCTION_NAME'),
  functionVersion: environment('AWS_LAMBDA_FUNCTION_VERSION'),
  invokedFunctionArn: message.functionArn,
  memoryLimitInMB: environment('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
  awsRequestId: message.requestId,
  logGroupName: environment('AWS_LAMBDA_LOG_GROUP_NAME'),
  logStreamName: environment('AWS_LAMBDA_LOG_STREAM_NAME'),
  getRemainingTimeInMillis: () => Math.max(0, message.deadlineMs - Date.now()),
});

const answer = async (handler: Handler, message: InvokeMessage): Promise<void> => {
  process.env['_X_AMZN_TRACE_ID'] =
    `Root=1-${Math.floor(Date.now() / 1_000).toString(16)}-${message.requestId.replaceAll('-', '').slice(0, 24)};Parent=${message.requestId.replaceAll('-', '').slice(-16)};Sampled=0`;
  try {
    const result = await handler(JSON.parse(message.event), contextOf(message));
    send({ type: 'result', requestId: message.requestId, payload: JSON.stringify(result ?? null) });
  } catch (error) {
    send({ type: 'error', requestId: message.requestId, error: asFunctionError(error) });
  }
};

process.on('disconnect', () => process.exit(0));

try {
  const handler = await loadHandler();
  process.on('message', (message: InvokeMessage) => void answer(handler, message));
  send({ type: 'ready' });
} catch (error) {
  send({ type: 'error', requestId: undefined, error: asFunctionError(error) });
  // The message must leave before the process does.
  setTimeout(() => process.exit(1), 100);
}
