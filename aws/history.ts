import { historyOver } from '#core/version-set/history-over.ts';
import type { History } from '#core/version-set/history.ts';
import type { Table } from './dynamodb.ts';
import { headItems } from './head-items.ts';

export const history = (registry: Table): History => historyOver(headItems(registry));
