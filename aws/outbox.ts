import { type Outbox, outboxOver } from '#core/version-set/outbox.ts';
import type { Table } from './dynamodb.ts';
import { headItems } from './head-items.ts';

export const outbox = (registry: Table): Outbox => outboxOver(headItems(registry));
