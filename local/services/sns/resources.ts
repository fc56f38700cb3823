import { z } from 'zod';
import { generatedName, resourceType, withoutEffect } from '../../deploy/resource-type.ts';

const Topic = z.strictObject({
  TopicName: z.string().optional(),
  ...withoutEffect('DisplayName', 'KmsMasterKeyId', 'SignatureVersion', 'Tags', 'TracingConfig'),
});

const Subscription = z.strictObject({
  TopicArn: z.string(),
  Protocol: z.string(),
  Endpoint: z.string(),
  ...withoutEffect('Region'),
});

export const snsTypes = [
  resourceType({
    type: 'AWS::SNS::Topic',
    schema: Topic,
    apply: (context, properties) => {
      const name = properties.TopicName ?? generatedName(context);
      const topicArn = context.services.sns.ensureTopic(context.scope, name);
      return { ref: topicArn, attributes: { TopicArn: topicArn, TopicName: name } };
    },
    remove: ({ services, scope }, { ref }) => services.sns.removeTopic(scope, ref),
  }),
  resourceType({
    type: 'AWS::SNS::Subscription',
    schema: Subscription,
    apply: ({ services, scope }, { TopicArn: topic, Protocol: protocol, Endpoint: endpoint }) => {
      const subscriptionArn = services.sns.subscribe(scope, topic, protocol, endpoint);
      return { ref: subscriptionArn, attributes: { Arn: subscriptionArn } };
    },
    remove: ({ services, scope }, { ref }) => services.sns.unsubscribe(scope, ref),
  }),
];
