import { inherited } from '../../processes/inherited.ts';
import { join } from 'node:path';
import type { CloudContext } from '../../context.ts';
import type { Scope } from '../../http/scope.ts';
import type { ManagedProcess, ProcessExit } from '../../processes/processes.ts';
import type { FunctionConfig } from './function-config.ts';
import type { FunctionError, InvokeMessage, RuntimeMessage } from './messages.ts';

/** Bundles of lambdas start in a fraction of this; a machine under load needs the rest. Lambda itself allows 10 s. */
const initLimitMs = 30_000;

export type ProcessAnswer =
  { readonly kind: 'result'; readonly payload: string } | { readonly kind: 'error'; readonly error: FunctionError };

const runtimePath = join(import.meta.dirname, 'runtime.ts');

/** Credentials and settings that Lambda gives to a function; the template's own variables win only where Lambda lets them. */
const environmentOf = (context: CloudContext, scope: Scope, config: FunctionConfig): Record<string, string> => ({
  ...inherited(),
  ...config.environment,
  NODE_COMPILE_CACHE: join(context.folder, 'compile-cache'),
  AWS_ENDPOINT_URL: context.endpoint(),
  AWS_REGION: scope.region,
  AWS_DEFAULT_REGION: scope.region,
  AWS_ACCESS_KEY_ID: scope.account,
  AWS_SECRET_ACCESS_KEY: 'embedded-cloud',
  AWS_LAMBDA_FUNCTION_NAME: config.name,
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memoryMb),
  AWS_LAMBDA_LOG_GROUP_NAME: config.logGroup,
  AWS_LAMBDA_LOG_STREAM_NAME: 'embedded',
  AWS_EXECUTION_ENV: `AWS_Lambda_${config.runtime}`,
  AWS_XRAY_CONTEXT_MISSING: 'IGNORE_ERROR',
  AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:2000',
  LAMBDA_TASK_ROOT: config.codeFolder,
  _HANDLER: config.handler,
  TZ: ':UTC',
});

const exitError = (requestId: string, how: string): FunctionError => ({
  errorType: 'Runtime.ExitError',
  errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${how}`,
  trace: [],
});

/** One execution environment of a function. It carries one invocation at a time. */
export class FunctionProcess {
  readonly #context: CloudContext;
  readonly #config: FunctionConfig;
  readonly #child: ManagedProcess;
  /** Resolves with the error that kept the bundle from loading, or with nothing when it is loaded. */
  readonly #ready: Promise<FunctionError | undefined>;
  #receive: (message: RuntimeMessage) => void = () => undefined;
  #usable = true;

  constructor(
    context: CloudContext,
    scope: Scope,
    config: FunctionConfig,
    onLine: (line: string, stream: 'stdout' | 'stderr') => void,
  ) {
    this.#context = context;
    this.#config = config;
    this.#child = context.processes.start({
      name: `lambda ${scope.account}.${scope.region} ${config.name}`,
      command: [process.execPath, `--max-old-space-size=${config.memoryMb}`, runtimePath],
      cwd: config.codeFolder,
      env: environmentOf(context, scope, config),
      ipc: true,
      onLine,
    });
    this.#child.child.on('message', (message) => this.#receive(message as RuntimeMessage));
    this.#child.child.on('error', () => undefined);
    void this.#child.exited.finally(() => {
      this.#usable = false;
    });
    this.#ready = new Promise((resolve) => {
      this.#receive = (message) => resolve(message.type === 'error' ? message.error : undefined);
    });
  }

  /** False after a timeout or a crash: the next invocation needs a new process. */
  isUsable(): boolean {
    return this.#usable;
  }

  kill(): Promise<ProcessExit> {
    this.#usable = false;
    return this.#child.kill();
  }

  /** Answers when the handler does, when its time is up, or when the process is gone. */
  async invoke(message: Omit<InvokeMessage, 'type' | 'deadlineMs'>): Promise<ProcessAnswer> {
    const initError = await this.#withLimit(
      Promise.race([this.#ready, this.#exited(message.requestId)]),
      initLimitMs,
      () => exitError(message.requestId, `not ready after ${initLimitMs / 1_000} s`),
    );
    if (initError) {
      void this.kill();
      return { kind: 'error', error: initError };
    }
    const { timeoutMs } = this.#config;
    const answered = new Promise<ProcessAnswer>((resolve) => {
      this.#receive = (answer) => {
        if (answer.type === 'result') resolve({ kind: 'result', payload: answer.payload });
        else if (answer.type === 'error') resolve({ kind: 'error', error: answer.error });
      };
    });
    const crashed = this.#exited(message.requestId).then((error): ProcessAnswer => ({ kind: 'error', error }));
    const invocation: InvokeMessage = { ...message, type: 'invoke', deadlineMs: this.#context.clock.now() + timeoutMs };
    // A process that died a moment ago cannot be sent to; `crashed` answers for it.
    this.#child.child.send(invocation, () => undefined);
    return this.#withLimit(Promise.race([answered, crashed]), timeoutMs, () => ({
      kind: 'error',
      error: {
        errorType: 'Sandbox.Timedout',
        errorMessage: `RequestId: ${message.requestId} Error: Task timed out after ${(timeoutMs / 1_000).toFixed(2)} seconds`,
        trace: [],
      },
    }));
  }

  #withLimit<T>(work: Promise<T>, limitMs: number, late: () => T): Promise<T> {
    return new Promise((resolve) => {
      const timer = this.#context.clock.after(limitMs, () => {
        void this.kill();
        resolve(late());
      });
      void work.then(resolve).finally(() => timer());
    });
  }

  async #exited(requestId: string): Promise<FunctionError> {
    const { exitCode, signal } = await this.#child.exited;
    return exitError(requestId, signal === null ? `exit status ${exitCode ?? 0}` : `signal: ${signal}`);
  }
}
