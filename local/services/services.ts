import type { CloudContext } from '../context.ts';
import type { Scope } from '../http/scope.ts';
import type { Apis } from '../http/server.ts';
import { CloudWatch } from './cloudwatch/api.ts';
import { EventSourceMappings } from './lambda/event-source-mappings.ts';
import { DynamoDb } from './dynamodb/api.ts';
import { Ecs } from './ecs/api.ts';
import { LoadBalancers } from './elbv2/load-balancers.ts';
import { Events } from './events/rules.ts';
import { Lambda } from './lambda/api.ts';
import { S3 } from './s3/api.ts';
import { SecretsManager } from './secretsmanager/api.ts';
import { Sns } from './sns/api.ts';
import { StepFunctions } from './states/api.ts';
import { sts } from './sts/api.ts';

/** The services of the embedded cloud, each a plugin of its own folder; this is their one registry. */
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

export const createServices = (context: CloudContext): Services => {
  // Lambda feeds CloudWatch with metrics, and CloudWatch invokes Lambda.
  const lambda = new Lambda(context, (scope, line) => cloudwatch.ingestLine(scope, line));
  const invokeEvent = (scope: Scope, functionArn: string, event: string): void =>
    lambda.invokeEvent(scope, functionArn, event);
  const sns = new Sns(context, invokeEvent);
  const cloudwatch = new CloudWatch(context, {
    invoke: invokeEvent,
    publish: (scope, topicArn, content) => void sns.publish(scope, topicArn, content),
  });
  const dynamodb = new DynamoDb(context);
  const mappings = new EventSourceMappings(context, dynamodb, lambda.invoke);
  const events = new Events(context, invokeEvent);
  const states = new StepFunctions(context, lambda.invoke);
  const loadBalancers = new LoadBalancers(context);
  const ecs = new Ecs(context, loadBalancers.targets);
  const secrets = new SecretsManager(context);
  const s3 = new S3(context);
  return {
    cloudwatch,
    dynamodb,
    ecs,
    events,
    lambda,
    loadBalancers,
    mappings,
    s3,
    secrets,
    sns,
    states,
    apis: {
      json: [dynamodb.api, secrets.api, states.api, ecs.api, cloudwatch.api],
      query: [sts(context.clock), sns.api],
      rest: [lambda.route, ecs.route],
      s3: (request, response, _scope, url) => s3.handle(request, response, url),
    },
    close: async () => {
      events.close();
      cloudwatch.close();
      mappings.close();
      await Promise.all([states.close(), ecs.close()]);
      await Promise.all([lambda.close(), loadBalancers.close()]);
      await dynamodb.close();
    },
  };
};
