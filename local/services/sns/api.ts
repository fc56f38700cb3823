import { newUuid } from '../../chance.ts';
import { z } from 'zod';
import { type CloudContext, type PerScope, perScope } from '../../context.ts';
import { AwsError } from '../../http/aws-error.ts';
import { type QueryApi, operationsOf } from '../../http/operation.ts';
import { pageOf } from '../../http/page.ts';
import type { Scope } from '../../http/scope.ts';
import { tags } from '../tags.ts';

export interface TopicMessage {
  readonly messageId: string;
  readonly at: number;
  readonly subject: string | undefined;
  readonly message: string;
  readonly attributes: Readonly<Record<string, { readonly Type: string; readonly Value: string }>>;
}

interface Subscription {
  readonly arn: string;
  readonly protocol: string;
  readonly endpoint: string;
}

interface Topic {
  readonly arn: string;
  readonly subscriptions: Subscription[];
  readonly messages: TopicMessage[];
}

/** Messages kept per topic, for tests and for people who look at what would have been sent. */
const maxMessages = 500;
const maxMessageBytes = 262_144;

/** Delivered to a function; the others have no recipient on this machine and are kept with the topic. */
const protocols = ['lambda', 'email', 'email-json', 'sms', 'https'] as const;

/** The name and the code of every bound here: https://docs.aws.amazon.com/sns/latest/api/API_Operations.html */
const operation = operationsOf({ invalid: 'InvalidParameter', wrongType: 'InvalidParameter' });

const TopicArn = z
  .string()
  .regex(/^arn:aws:sns:[^:]+:\d{12}:[\w-]+$/, 'a topic is arn:aws:sns:<region>:<account>:<name>');

const MessageAttribute = z.strictObject({
  Name: z.string().regex(/^[\w.-]{1,256}$/, 'an attribute name has 1 to 256 letters, digits, _ - or .'),
  Value: z
    .strictObject({
      DataType: z
        .string()
        .regex(/^(String|String\.Array|Number|Binary)(\..+)?$/, 'a type is String, String.Array, Number or Binary'),
      StringValue: z.string().min(1).optional(),
      BinaryValue: z.base64().min(1).optional(),
    })
    .refine(
      ({ DataType: type, StringValue: text, BinaryValue: bytes }) =>
        type.startsWith('Binary')
          ? text === undefined && bytes !== undefined
          : text !== undefined && bytes === undefined,
      'it has the one value that its DataType names',
    ),
});
const Publish = z.strictObject({
  TopicArn,
  Message: z
    .string()
    .min(1, 'Empty message')
    .refine((text) => Buffer.byteLength(text) <= maxMessageBytes, 'Message too long: at most 262,144 bytes'),
  Subject: z
    .string()
    .regex(
      /^[\u0021-\u007E][\u0020-\u007E]{0,99}$/,
      'a subject has 1 to 100 printable ASCII characters, the first no space',
    )
    .optional(),
  MessageAttributes: z.array(MessageAttribute).default([]),
});
const CreateTopic = z.strictObject({
  Name: z.string().regex(/^[\w-]{1,256}$/, 'a topic name has 1 to 256 letters, digits, _ or -'),
  Tags: tags.optional(),
});
const Subscribe = z
  .strictObject({
    TopicArn,
    Protocol: z.enum(protocols),
    Endpoint: z.string().min(1),
    ReturnSubscriptionArn: z.enum(['true', 'false']).default('false'),
  })
  .refine(
    ({ Protocol: protocol, Endpoint: endpoint }) => protocol !== 'lambda' || endpoint.startsWith('arn:aws:lambda:'),
    { message: 'Lambda endpoint ARN expected', path: ['Endpoint'] },
  );
const Unsubscribe = z.strictObject({
  SubscriptionArn: z.string().regex(/^arn:aws:sns:[^:]+:\d{12}:[\w-]+:[\w-]+$/, 'a subscription is <topic ARN>:<id>'),
});
const ListSubscriptionsByTopic = z.strictObject({ TopicArn, NextToken: z.string().optional() });
const ListTopics = z.strictObject({ NextToken: z.string().optional() });

/** Topics or subscriptions of one page. */
const maxListed = 100;

/** SNS: topics with lambda subscriptions. `deliver` invokes a function asynchronously. */
export class Sns {
  readonly api: QueryApi;
  readonly #context: CloudContext;
  readonly #deliver: (scope: Scope, functionArn: string, event: string) => void;
  readonly #scopes: PerScope<Map<string, Topic>> = perScope(() => new Map());

  constructor(context: CloudContext, deliver: (scope: Scope, functionArn: string, event: string) => void) {
    this.#context = context;
    this.#deliver = deliver;
    this.api = {
      service: 'sns',
      namespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
      operations: {
        Publish: operation(Publish, (scope, input) => {
          const attributes = input.MessageAttributes.map(
            ({ Name, Value }) =>
              [Name, { Type: Value.DataType, Value: Value.StringValue ?? Value.BinaryValue ?? '' }] as const,
          );
          return {
            MessageId: this.publish(scope, input.TopicArn, {
              message: input.Message,
              subject: input.Subject,
              attributes: Object.fromEntries(attributes),
            }),
          };
        }),
        CreateTopic: operation(CreateTopic, (scope, input) => ({ TopicArn: this.ensureTopic(scope, input.Name) })),
        ListTopics: operation(ListTopics, (scope, input) => {
          const topics = [...this.#scopes.get(scope).values()];
          const { items, next } = pageOf(topics, {
            limit: maxListed,
            token: input.NextToken,
            invalidToken: 'InvalidParameter',
          });
          return { Topics: items.map(({ arn }) => ({ TopicArn: arn })), NextToken: next };
        }),
        Subscribe: operation(Subscribe, (scope, input) => {
          const arn = this.subscribe(scope, input.TopicArn, input.Protocol, input.Endpoint);
          // People confirm by a link first; nobody reads mail here.
          const isPending = input.Protocol !== 'lambda' && input.ReturnSubscriptionArn === 'false';
          return { SubscriptionArn: isPending ? 'pending confirmation' : arn };
        }),
        ListSubscriptionsByTopic: operation(ListSubscriptionsByTopic, (scope, input) => {
          const { arn: topicArn, subscriptions } = this.#find(scope, input.TopicArn);
          const limit = { limit: maxListed, token: input.NextToken, invalidToken: 'InvalidParameter' };
          const { items, next } = pageOf(subscriptions, limit);
          const listed = items.map(({ arn, protocol, endpoint }) => ({
            SubscriptionArn: arn,
            Owner: scope.account,
            Protocol: protocol,
            Endpoint: endpoint,
            TopicArn: topicArn,
          }));
          return { Subscriptions: listed, NextToken: next };
        }),
        Unsubscribe: operation(Unsubscribe, (scope, input) => {
          this.unsubscribe(scope, input.SubscriptionArn);
          return {};
        }),
      },
    };
  }

  ensureTopic(scope: Scope, name: string): string {
    const arn = `arn:aws:sns:${scope.region}:${scope.account}:${name}`;
    const topics = this.#scopes.get(scope);
    if (!topics.has(arn)) topics.set(arn, { arn, subscriptions: [], messages: [] });
    return arn;
  }

  removeTopic(scope: Scope, arn: string): void {
    this.#scopes.get(scope).delete(arn);
  }

  /** @throws AwsError `InvalidParameter` for a protocol that has no recipient here */
  subscribe(scope: Scope, topicArn: string, protocol: string, endpoint: string): string {
    if (!protocols.some((known) => known === protocol)) {
      throw new AwsError(
        'InvalidParameter',
        `The embedded cloud does not support the protocol ${protocol}; allowed: ${protocols.join(', ')}`,
      );
    }
    const topic = this.#find(scope, topicArn);
    const known = topic.subscriptions.find((one) => one.protocol === protocol && one.endpoint === endpoint);
    if (known) return known.arn;
    const subscription = { arn: `${topicArn}:${newUuid()}`, protocol, endpoint };
    topic.subscriptions.push(subscription);
    return subscription.arn;
  }

  unsubscribe(scope: Scope, subscriptionArn: string): void {
    for (const topic of this.#scopes.get(scope).values()) {
      const index = topic.subscriptions.findIndex((one) => one.arn === subscriptionArn);
      if (index !== -1) topic.subscriptions.splice(index, 1);
    }
  }

  /** Keeps the message and hands it to the topic's functions. Returns its id. */
  publish(
    scope: Scope,
    topicArn: string,
    content: Pick<TopicMessage, 'message'> & Partial<Pick<TopicMessage, 'subject' | 'attributes'>>,
  ): string {
    const topic = this.#find(scope, topicArn);
    const message: TopicMessage = {
      messageId: newUuid(),
      at: this.#context.clock.now(),
      subject: content.subject,
      message: content.message,
      attributes: content.attributes ?? {},
    };
    topic.messages.push(message);
    if (topic.messages.length > maxMessages) topic.messages.shift();
    for (const subscription of topic.subscriptions) {
      if (subscription.protocol === 'lambda')
        this.#deliver(scope, subscription.endpoint, JSON.stringify(lambdaEvent(topic, subscription, message)));
    }
    return message.messageId;
  }

  /** The newest messages of a topic, by name or ARN, oldest first. */
  messages(scope: Scope, topic: string): readonly TopicMessage[] {
    const arn = topic.startsWith('arn:') ? topic : `arn:aws:sns:${scope.region}:${scope.account}:${topic}`;
    return this.#find(scope, arn).messages;
  }

  #find(scope: Scope, arn: string): Topic {
    const topic = this.#scopes.get(scope).get(arn);
    if (!topic) throw new AwsError('NotFound', `Topic does not exist: ${arn}`, 404);
    return topic;
  }
}

/** Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
const lambdaEvent = (topic: Topic, subscription: Subscription, message: TopicMessage): object => ({
  Records: [
    {
      EventSource: 'aws:sns',
      EventVersion: '1.0',
      EventSubscriptionArn: subscription.arn,
      Sns: {
        Type: 'Notification',
        MessageId: message.messageId,
        TopicArn: topic.arn,
        Subject: message.subject ?? null,
        Message: message.message,
        Timestamp: new Date(message.at).toISOString(),
        SignatureVersion: '1',
        Signature: 'EMBEDDED',
        SigningCertUrl: 'EMBEDDED',
        UnsubscribeUrl: 'EMBEDDED',
        MessageAttributes: message.attributes,
      },
    },
  ],
});
