import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
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

const Target = z.strictObject({
  Id: z.string(),
  Arn: z.string(),
  Input: z.string().optional(),
  ...withoutEffect('RetryPolicy', 'RoleArn'),
});
const Rule = z.strictObject({
  Name: z.string().optional(),
  ScheduleExpression: z.string({ error: 'the embedded cloud runs rules with a schedule only' }),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(Target).default([]),
  ...withoutEffect('Description', 'Tags'),
});

export const messageTypes = [
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
  resourceType({
    type: 'AWS::Events::Rule',
    schema: Rule,
    apply: (context, properties) => {
      const name = properties.Name ?? generatedName(context);
      const targets = properties.Targets.map(({ Arn: functionArn, Input: input }) => {
        if (!functionArn.startsWith('arn:aws:lambda:'))
          throw new LastgoodError('unsupported-resource', `the target ${functionArn} is no function`);
        return { functionArn, ...(input === undefined ? {} : { input }) };
      });
      const ruleArn = context.services.events.putRule(context.scope, {
        name,
        schedule: properties.ScheduleExpression,
        enabled: properties.State === 'ENABLED',
        targets,
      });
      return { ref: name, attributes: { Arn: ruleArn } };
    },
    remove: ({ services, scope }, { ref }) => services.events.removeRule(scope, ref),
  }),
];
