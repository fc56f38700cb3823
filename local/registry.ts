import type { CloudContext } from './context.ts';
import type { ResourceType } from './deploy/resource-type.ts';
import type { Scope } from './http/scope.ts';
import { CloudWatch } from './services/cloudwatch/api.ts';
import { cloudwatchTypes } from './services/cloudwatch/resources.ts';
import { DynamoDb } from './services/dynamodb/api.ts';
import { dynamodbTypes } from './services/dynamodb/resources.ts';
import { Ecs } from './services/ecs/api.ts';
import { ecsTypes } from './services/ecs/resources.ts';
import { LoadBalancers } from './services/elbv2/load-balancers.ts';
import { elbv2Types } from './services/elbv2/resources.ts';
import { eventsTypes } from './services/events/resources.ts';
import { Events } from './services/events/rules.ts';
import { Lambda } from './services/lambda/api.ts';
import { EventSourceMappings } from './services/lambda/event-source-mappings.ts';
import { lambdaTypes } from './services/lambda/resources.ts';
import { recordedTypes } from './services/recorded/resources.ts';
import { S3 } from './services/s3/api.ts';
import { s3Types } from './services/s3/resources.ts';
import { SecretsManager } from './services/secretsmanager/api.ts';
import { secretsManagerTypes } from './services/secretsmanager/resources.ts';
import type { Services } from './services.ts';
import { Sns } from './services/sns/api.ts';
import { snsTypes } from './services/sns/resources.ts';
import { StepFunctions } from './services/states/api.ts';
import { executionMetrics } from './services/states/status-change.ts';
import { statesTypes } from './services/states/resources.ts';
import { sts } from './services/sts/api.ts';

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
  const lambda = new Lambda(context, {
    onLine: (scope, line) => cloudwatch.ingestLine(scope, line),
    count: (scope, FunctionName, name, value) =>
      cloudwatch.measure(scope, { namespace: 'AWS/Lambda', name, dimensions: { FunctionName } }, value),
  });
  const invokeEvent = (scope: Scope, functionArn: string, event: string): void =>
    lambda.invokeEvent(scope, functionArn, event);
  const sns = new Sns(context, invokeEvent);
  const cloudwatch = new CloudWatch(context, {
    invoke: invokeEvent,
    publish: (scope, topicArn, content) => void sns.publish(scope, topicArn, content),
  });
  const dynamodb = new DynamoDb(context);
  const mappings = new EventSourceMappings(context, dynamodb, {
    invoke: lambda.invoke,
    publish: (scope, topicArn, content) => void sns.publish(scope, topicArn, content),
  });
  const events = new Events(context, invokeEvent);
  const states = new StepFunctions(context, lambda.invoke, (scope, event) => {
    events.publish(scope, event);
    for (const id of executionMetrics(event)) cloudwatch.measure(scope, id, 1);
  });
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
