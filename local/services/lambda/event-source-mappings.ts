import type { CloudContext } from '../../context.ts';
import { type Scope, scopeKey } from '../../http/scope.ts';
import type { InvokeFunction } from './api.ts';
import { type EventSourceMapping, type PublishToTopic, StreamReader } from './stream-reader.ts';
import type { DynamoDb } from '../dynamodb/api.ts';

interface MappingEffects {
  readonly invoke: InvokeFunction;
  readonly publish: PublishToTopic;
}

/** The event source mappings of templates: which function reads which table's stream. */
export class EventSourceMappings {
  readonly #context: CloudContext;
  readonly #dynamodb: DynamoDb;
  readonly #effects: MappingEffects;
  readonly #readers = new Map<string, StreamReader>();

  constructor(context: CloudContext, dynamodb: DynamoDb, effects: MappingEffects) {
    this.#context = context;
    this.#dynamodb = dynamodb;
    this.#effects = effects;
  }

  /** Starts a mapping, or restarts it with its new settings; its position in the stream stays. */
  async put(scope: Scope, mapping: EventSourceMapping): Promise<void> {
    const key = `${scopeKey(scope)} ${mapping.id}`;
    this.#readers.get(key)?.close();
    const reader = new StreamReader(
      this.#context,
      scope,
      mapping,
      await this.#dynamodb.streamLog(scope),
      this.#effects,
    );
    this.#readers.set(key, reader);
    await reader.start();
  }

  async remove(scope: Scope, id: string, table: string): Promise<void> {
    const key = `${scopeKey(scope)} ${id}`;
    this.#readers.get(key)?.close();
    this.#readers.delete(key);
    await (await this.#dynamodb.streamLog(scope)).removeReader(table, id);
  }

  close(): void {
    for (const reader of this.#readers.values()) reader.close();
  }
}
