import type { Apis } from '../http/server.ts';
import type { CloudWatch } from './cloudwatch/api.ts';
import type { EventSourceMappings } from './lambda/event-source-mappings.ts';
import type { DynamoDb } from './dynamodb/api.ts';
import type { Ecs } from './ecs/api.ts';
import type { LoadBalancers } from './elbv2/load-balancers.ts';
import type { Events } from './events/rules.ts';
import type { Lambda } from './lambda/api.ts';
import type { S3 } from './s3/api.ts';
import type { SecretsManager } from './secretsmanager/api.ts';
import type { Sns } from './sns/api.ts';
import type { StepFunctions } from './states/api.ts';

/** The services of the embedded cloud, each a folder of its own; `registry.ts` makes them. */
export interface Services {
  readonly apis: Apis;
  readonly cloudwatch: CloudWatch;
  readonly dynamodb: DynamoDb;
  readonly ecs: Ecs;
  readonly events: Events;
  readonly lambda: Lambda;
  readonly loadBalancers: LoadBalancers;
  readonly mappings: EventSourceMappings;
  readonly s3: S3;
  readonly secrets: SecretsManager;
  readonly sns: Sns;
  readonly states: StepFunctions;
  /** Stops what runs, callers before what they call. */
  close(): Promise<void>;
}
