import { headStoreOver } from '#core/version-set/head-protocol.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Table } from './dynamodb.ts';
import { headItems } from './head-items.ts';

export const headStore = (registry: Table): HeadStore => headStoreOver(headItems(registry), registry);
