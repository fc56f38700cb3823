import { type Clock, pause } from '#core/clock.ts';
import { z } from 'zod';
import { newUuid } from '../../chance.ts';
import type { CloudContext } from '../../context.ts';
import type { Scope } from '../../http/scope.ts';
import type { InvokeFunction } from './api.ts';
import { type EventFilters, passes } from './event-filter.ts';
import type { LoggedRecord, StreamLog } from '../dynamodb/stream-log.ts';

/** A function that reads a table's stream, as its template describes it. */
export interface EventSourceMapping {
  readonly id: string;
  readonly table: string;
  readonly functionRef: string;
  /** @default 100 */
  readonly batchSize: number;
  readonly maximumBatchingWindowMs: number;
  /** Attempts after the first; Infinity while the record lives. */
  readonly maximumRetryAttempts: number;
  readonly maximumRecordAgeMs: number;
  readonly bisectBatchOnFunctionError: boolean;
  readonly reportBatchItemFailures: boolean;
  readonly startingPosition: 'LATEST' | 'TRIM_HORIZON';
  /** Records that match none are passed over. @default - every record is handed over */
  readonly filters?: EventFilters;
  /** Topic that is told of batches that were given up. @default - nobody is told */
  readonly onFailureArn?: string;
}

/** Sends a message to a topic. */
export type PublishToTopic = (scope: Scope, topicArn: string, content: { readonly message: string }) => void;

const BatchAnswer = z
  .object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).optional() })
  .nullish();

const firstRetryMs = 1_000;
const maxRetryMs = 60_000;
/** Payload limit of an invocation. */
const maxPayloadBytes = 6 * 1024 * 1024;

type Batch = readonly LoggedRecord[];

/**
 * Hands the records of one table to one function: in order, at least once, one batch at a time. A failed batch is
 * retried with growing pauses, halved when the mapping says so, and given up after its attempts or age, as Lambda does.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
 */
export class StreamReader {
  readonly #mapping: EventSourceMapping;
  readonly #context: CloudContext;
  readonly #scope: Scope;
  readonly #log: StreamLog;
  readonly #invoke: InvokeFunction;
  readonly #publish: PublishToTopic;
  #running = false;
  #again = false;
  #closed = false;

  constructor(
    context: CloudContext,
    scope: Scope,
    mapping: EventSourceMapping,
    log: StreamLog,
    effects: { readonly invoke: InvokeFunction; readonly publish: PublishToTopic },
  ) {
    this.#context = context;
    this.#scope = scope;
    this.#mapping = mapping;
    this.#log = log;
    this.#invoke = effects.invoke;
    this.#publish = effects.publish;
  }

  async start(): Promise<void> {
    await this.#log.start(this.#mapping.table, this.#mapping.id, this.#mapping.startingPosition);
    this.#log.onAppend((table) => {
      if (table === this.#mapping.table) this.#wake();
    });
    this.#wake();
  }

  close(): void {
    this.#closed = true;
  }

  #wake(): void {
    this.#again = true;
    if (this.#running || this.#closed) return;
    this.#running = true;
    void this.#drain()
      .catch((error: unknown) => this.#warn(`reading the stream of ${this.#mapping.table} failed: ${String(error)}`))
      .finally(() => {
        this.#running = false;
        // A write that came between the last look and this line.
        if (this.#again) this.#wake();
      });
  }

  async #drain(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      if (this.#mapping.maximumBatchingWindowMs > 0 && this.#next().length < this.#mapping.batchSize)
        await pause(this.#context.clock, this.#mapping.maximumBatchingWindowMs);
      for (let batch = this.#next(); batch.length > 0 && !this.#closed; batch = this.#next())
        await this.#deliver(batch);
    }
  }

  #next(): Batch {
    const batch = this.#log.read(this.#mapping.table, this.#mapping.id, this.#mapping.batchSize);
    let bytes = 0;
    const fitting = batch.findIndex(({ record }) => (bytes += record.dynamodb.SizeBytes * 2 + 500) > maxPayloadBytes);
    return fitting === -1 ? batch : batch.slice(0, Math.max(1, fitting));
  }

  async #deliver(batch: Batch): Promise<void> {
    let pending = batch.filter(({ record }) => passes(this.#mapping.filters, record));
    if (pending.length === 0) return this.#acknowledge(batch);
    let retryMs = firstRetryMs;
    for (let attempt = 0; pending.length > 0 && !this.#closed; attempt += 1) {
      const failedFrom = await this.#attempt(pending);
      if (failedFrom === undefined) {
        await this.#acknowledge(pending);
        return;
      }
      // What came before the first failed record is done.
      if (failedFrom > 0) {
        await this.#acknowledge(pending.slice(0, failedFrom));
        pending = pending.slice(failedFrom);
        attempt = 0;
        retryMs = firstRetryMs;
      } else if (this.#mapping.bisectBatchOnFunctionError && pending.length > 1) {
        const half = Math.ceil(pending.length / 2);
        await this.#deliver(pending.slice(0, half));
        pending = pending.slice(half);
        attempt = -1;
        continue;
      }
      if (attempt >= this.#mapping.maximumRetryAttempts || this.#isTooOld(pending)) {
        this.#warn(
          `${pending.length} records of ${this.#mapping.table} are given up after ${attempt + 1} attempts, first ${pending[0]?.record.dynamodb.SequenceNumber ?? ''}`,
        );
        this.#tellOfFailure(pending, attempt + 1);
        await this.#acknowledge(pending);
        return;
      }
      await pause(this.#context.clock, retryMs);
      retryMs = Math.min(maxRetryMs, retryMs * 2);
    }
  }

  /** Index of the first record that failed; undefined when all are done. */
  async #attempt(batch: Batch): Promise<number | undefined> {
    const event = JSON.stringify({ Records: batch.map(({ record }) => record) });
    const answer = await this.#invoke(this.#scope, this.#mapping.functionRef, event).catch((error: unknown) => {
      this.#warn(`${this.#mapping.functionRef}: ${String(error)}`);
      return undefined;
    });
    if (answer === undefined) return 0;
    if (answer.kind === 'error') {
      this.#warn(
        `${this.#mapping.functionRef} failed on ${batch.length} records: ${answer.error.errorType}: ${answer.error.errorMessage}`,
      );
      return 0;
    }
    if (!this.#mapping.reportBatchItemFailures) return undefined;
    const parsed = BatchAnswer.safeParse(JSON.parse(answer.payload));
    // A malformed answer fails the batch, as on AWS.
    if (!parsed.success) return 0;
    const failed = (parsed.data?.batchItemFailures ?? []).map(({ itemIdentifier }) =>
      batch.findIndex(({ record }) => record.dynamodb.SequenceNumber === itemIdentifier),
    );
    return failed.length === 0 ? undefined : Math.max(0, Math.min(...failed));
  }

  /** Source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html#services-ddb-errors */
  #tellOfFailure(batch: Batch, attempts: number): void {
    const { onFailureArn, functionRef } = this.#mapping;
    const [first, last] = [batch[0], batch.at(-1)];
    if (onFailureArn === undefined || !first || !last) return;
    const arrival = ({ record }: LoggedRecord) =>
      new Date((record.dynamodb.ApproximateCreationDateTime ?? 0) * 1_000).toISOString();
    const message = {
      requestContext: {
        requestId: newUuid(),
        functionArn: functionRef,
        condition: this.#isTooOld(batch) ? 'MaximumRecordAgeExceeded' : 'RetryAttemptsExhausted',
        approximateInvokeCount: attempts,
      },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      version: '1.0',
      timestamp: new Date(this.#clock.now()).toISOString(),
      DDBStreamBatchInfo: {
        shardId: 'shardId-00000000000000000000-00000000',
        startSequenceNumber: first.record.dynamodb.SequenceNumber,
        endSequenceNumber: last.record.dynamodb.SequenceNumber,
        approximateArrivalOfFirstRecord: arrival(first),
        approximateArrivalOfLastRecord: arrival(last),
        batchSize: batch.length,
        streamArn: first.record.eventSourceARN,
      },
    };
    try {
      this.#publish(this.#scope, onFailureArn, { message: JSON.stringify(message) });
    } catch (error) {
      this.#warn(`${onFailureArn} cannot be told of what was given up: ${String(error)}`);
    }
  }

  #isTooOld(batch: Batch): boolean {
    const created = (batch[0]?.record.dynamodb.ApproximateCreationDateTime ?? 0) * 1_000;
    return this.#clock.now() - created > this.#mapping.maximumRecordAgeMs;
  }

  async #acknowledge(batch: Batch): Promise<void> {
    const last = batch.at(-1);
    if (last) await this.#log.acknowledge(this.#mapping.table, this.#mapping.id, last.sequence);
  }

  get #clock(): Clock {
    return this.#context.clock;
  }

  #warn(line: string): void {
    this.#context.log({
      at: this.#clock.now(),
      source: 'cloud',
      level: 'warn',
      scope: this.#scope,
      name: 'event source mapping',
      line,
    });
  }
}
