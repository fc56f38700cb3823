import type { ResourceType } from '../deploy/resource-type.ts';
import { alarmTypes } from './cloudwatch/resources.ts';
import { containerTypes } from './ecs/resources.ts';
import { functionTypes } from './lambda/resources.ts';
import { loadBalancerTypes } from './elbv2/resources.ts';
import { messageTypes } from './sns/resources.ts';
import { recordedTypes } from './recorded/resources.ts';
import { storageTypes } from './s3/resources.ts';
import { tableTypes } from './dynamodb/resources.ts';
import { workflowTypes } from './states/resources.ts';

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
