import type { CloudContext } from '../context.ts';
import type { ResourceType } from '../deploy/resource-type.ts';
import type { Scope } from '../http/scope.ts';
import { CloudWatch } from './cloudwatch/api.ts';
import { cloudwatchTypes } from './cloudwatch/resources.ts';
import { DynamoDb } from './dynamodb/api.ts';
import { dynamodbTypes } from './dynamodb/resources.ts';
import { Ecs } from './ecs/api.ts';
import { ecsTypes } from './ecs/resources.ts';
import { LoadBalancers } from './elbv2/load-balancers.ts';
import { elbv2Types } from './elbv2/resources.ts';
import { eventsTypes } from './events/resources.ts';
import { Events } from './events/rules.ts';
import { Lambda } from './lambda/api.ts';
import { EventSourceMappings } from './lambda/event-source-mappings.ts';
import { lambdaTypes } from './lambda/resources.ts';
import { recordedTypes } from './recorded/resources.ts';
import { S3 } from './s3/api.ts';
import { s3Types } from './s3/resources.ts';
import { SecretsManager } from './secretsmanager/api.ts';
import { secretsManagerTypes } from './secretsmanager/resources.ts';
import type { Services } from './services.ts';
import { Sns } from './sns/api.ts';
import { snsTypes } from './sns/resources.ts';
import { StepFunctions } from './states/api.ts';
import { statesTypes } from './states/resources.ts';
import { sts } from './sts/api.ts';

/** Every resource type that the embedded cloud knows, by its CloudFormation name. */
export const resourceTypes: ReadonlyMap<string, ResourceType> = new Map(
  [
    ...cloudwatchTypes,
    ...dynamodbTypes,
    ...ecsTypes,
    ...elbv2Types,
    ...eventsTypes,
    ...lambdaTypes,
    ...recordedTypes,
    ...s3Types,
    ...secretsManagerTypes,
    ...snsTypes,
    ...statesTypes,
  ].map((type) => [type.type, type]),
);

/** Makes the services and ties them to each other. */
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
      rest: [lambda.api, ecs.endpoints, s3.api],
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
