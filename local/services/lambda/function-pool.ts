import { newUuid } from '../../chance.ts';
import type { CloudContext } from '../../context.ts';
import { AwsError } from '../../http/aws-error.ts';
import type { Scope } from '../../http/scope.ts';
import type { FunctionConfig } from './function-config.ts';
import { FunctionProcess, type ProcessAnswer } from './function-process.ts';

/** Processes of one function at most, unless it reserves fewer: this is one machine. */
const maxProcessesPerFunction = 10;
/** Invocations that may wait for a process. */
const maxWaiting = 1_000;
const idleMs = 120_000;

interface Idle {
  readonly process: FunctionProcess;
  readonly eviction: () => void;
}

/** The execution environments of one function: started when needed, kept warm for a while, replaced after a crash. */
export class FunctionPool {
  readonly config: FunctionConfig;
  readonly arn: string;
  readonly #context: CloudContext;
  readonly scope: Scope;
  readonly #onLine: (line: string, stream: 'stdout' | 'stderr') => void;
  readonly #idle: Idle[] = [];
  readonly #waiting: (() => void)[] = [];
  #busy = 0;

  constructor(
    context: CloudContext,
    scope: Scope,
    config: FunctionConfig,
    onLine: (line: string, stream: 'stdout' | 'stderr') => void,
  ) {
    this.#context = context;
    this.scope = scope;
    this.config = config;
    this.#onLine = onLine;
    this.arn = `arn:aws:lambda:${scope.region}:${scope.account}:function:${config.name}`;
  }

  /**
   * Runs the handler once.
   * @param event JSON text
   * @throws AwsError `TooManyRequestsException` above the reserved concurrency
   */
  async invoke(event: string): Promise<ProcessAnswer> {
    await this.#takePlace();
    const process = this.#takeProcess();
    try {
      return await process.invoke({ event, requestId: newUuid(), functionArn: this.arn });
    } finally {
      this.#giveBack(process);
    }
  }

  /** Ends the warm processes; those at work end with their invocation. */
  async close(): Promise<void> {
    await Promise.all(
      this.#idle.splice(0).map(({ process, eviction }) => {
        eviction();
        return process.kill();
      }),
    );
  }

  async #takePlace(): Promise<void> {
    const { reservedConcurrency } = this.config;
    if (reservedConcurrency !== undefined && this.#busy >= reservedConcurrency) {
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, {
        Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
        Type: 'User',
      });
    }
    if (this.#busy < maxProcessesPerFunction) {
      this.#busy += 1;
      return;
    }
    if (this.#waiting.length >= maxWaiting) {
      throw new AwsError(
        'TooManyRequestsException',
        `Rate Exceeded: ${maxWaiting} invocations of ${this.config.name} are waiting.`,
        429,
      );
    }
    // Whoever gives a process back hands its place over, so the count stays.
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #takeProcess(): FunctionProcess {
    for (let warm = this.#idle.pop(); warm; warm = this.#idle.pop()) {
      warm.eviction();
      if (warm.process.isUsable()) return warm.process;
    }
    return new FunctionProcess(this.#context, this.scope, this.config, this.#onLine);
  }

  #giveBack(process: FunctionProcess): void {
    if (process.isUsable()) {
      const entry: Idle = { process, eviction: this.#context.clock.after(idleMs, () => this.#evict(entry)) };
      this.#idle.push(entry);
    }
    const next = this.#waiting.shift();
    if (next) next();
    else this.#busy -= 1;
  }

  #evict(entry: Idle): void {
    const index = this.#idle.indexOf(entry);
    if (index === -1) return;
    this.#idle.splice(index, 1);
    void entry.process.kill();
  }
}
