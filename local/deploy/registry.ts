import type { ResourceType } from './resource-type.ts';
import { alarmTypes } from './types/alarms.ts';
import { containerTypes } from './types/containers.ts';
import { functionTypes } from './types/functions.ts';
import { loadBalancerTypes } from './types/load-balancers.ts';
import { messageTypes } from './types/messages.ts';
import { recordedTypes } from './types/recorded.ts';
import { storageTypes } from './types/storage.ts';
import { tableTypes } from './types/tables.ts';
import { workflowTypes } from './types/workflows.ts';

/** Every resource type that the embedded cloud knows, by its CloudFormation name. */
export const resourceTypes: ReadonlyMap<string, ResourceType> = new Map(
  [
    ...alarmTypes,
    ...containerTypes,
    ...functionTypes,
    ...loadBalancerTypes,
    ...messageTypes,
    ...recordedTypes,
    ...storageTypes,
    ...tableTypes,
    ...workflowTypes,
  ].map((type) => [type.type, type]),
);
