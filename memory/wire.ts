import type { Clock } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';

/** One read or write. Each is atomic; several together are not. */
export interface Operation {
  /** What is read or written: `heads`, `sessions`, `pools`. */
  readonly store: string;
  readonly kind: 'read' | 'write';
  readonly key: string;
}

/** What lies between a caller and its store: where a simulator delays, refuses and loses operations. */
export interface Wire {
  /** Runs before an operation takes effect. Waiting is latency; rejecting refuses the operation. @default - nothing */
  readonly before?: (operation: Operation) => Promise<void>;
  /** Runs when it has taken effect and nobody knows it yet. Rejecting loses the answer. @default - nothing */
  readonly after?: (operation: Operation) => Promise<void>;
}

/** What every store in memory is made with. */
export interface MemoryOptions {
  readonly clock: Clock;
  /** @default - every operation takes effect at once */
  readonly wire?: Wire;
}

/** Carries out one operation over the wire. Its effect is synchronous, so nothing comes between its parts. */
export const operate = async <T>(wire: Wire | undefined, operation: Operation, effect: () => T): Promise<T> => {
  await wire?.before?.(operation);
  const result = effect();
  await wire?.after?.(operation);
  return result;
};

/** The failure of an AWS call, as the adapters for AWS name it. */
export const awsFailure = (
  { service, operation, name }: { readonly service: string; readonly operation: string; readonly name: string },
  message: string,
  retryable = false,
): LastgoodError =>
  new LastgoodError('aws-failed', `${service} ${operation} failed: ${name}: ${message}`, {
    retryable,
    details: { service, operation, name },
  });

/** What a table says above its throughput, once the SDK has given up: for a `before` that throttles. */
export const throttled = ({ store, kind }: Operation): LastgoodError =>
  awsFailure(
    {
      service: 'DynamoDB',
      operation: kind === 'read' ? 'GetItem' : 'UpdateItem',
      name: 'ProvisionedThroughputExceededException',
    },
    `the table of ${store} is above its throughput`,
    true,
  );
