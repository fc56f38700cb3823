import type { CloudContext } from '../context.ts';
import type { Apis } from '../http/server.ts';
import { type DynamoDb, dynamoDb } from './dynamodb/service.ts';
import { type S3, s3 } from './s3/service.ts';
import { type SecretsManager, secretsManager } from './secretsmanager/service.ts';
import { sts } from './sts/service.ts';

/** The services of the embedded cloud, each a plugin of its own folder; this is their one registry. */
export interface Services {
  readonly apis: Apis;
  readonly dynamodb: DynamoDb;
  readonly s3: S3;
  readonly secrets: SecretsManager;
  close(): Promise<void>;
}

export const createServices = (context: CloudContext): Services => {
  const dynamodb = dynamoDb(context);
  const secrets = secretsManager(context);
  const objects = s3(context);
  return {
    dynamodb,
    secrets,
    s3: objects,
    apis: {
      json: [dynamodb.api, secrets.api],
      query: [sts(context.clock)],
      rest: [],
      s3: objects.handle,
    },
    close: () => dynamodb.close(),
  };
};
