import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ITopic, type ITopicSubscription, SubscriptionProtocol, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, SmsSubscription, UrlSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { Contact } from '#core/org/org.ts';
import type { Consumer } from './consumer.ts';

export interface AlarmTopicProps {
  readonly topicName: string;
  /** @default - not encrypted at rest by a key of ours */
  readonly encryptionKey?: IKey;
}

/** A topic that the org's own alarms publish to. A facade around it and no level in its path: ids there are a contract. */
export class AlarmTopic {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, { topicName, encryptionKey }: AlarmTopicProps) {
    const stack = Stack.of(scope);
    this.topic = new Topic(scope, id, {
      topicName,
      enforceSSL: true,
      ...(encryptionKey && { masterKey: encryptionKey }),
    });
    // A policy of its own takes the place of the one that lets alarms of the account publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'PublishedByAlarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnLike: {
            'aws:SourceArn': stack.formatArn({ service: 'cloudwatch', resource: 'alarm:lastgood-*' }),
          },
        },
      }),
    );
  }
}

/** What reaches people: alarms publish to it, and functions that have something to tell. */
export class PagesTopic extends AlarmTopic {
  /** Subscribes everybody whom the org's file names. */
  addContacts(contacts: readonly Contact[]): void {
    for (const contact of contacts) this.topic.addSubscription(subscriptionOf(contact));
  }

  grantPublish(consumer: Consumer<'PAGES_TOPIC_ARN'>): void {
    consumer.addEnvironment('PAGES_TOPIC_ARN', this.topic.topicArn);
    this.topic.grantPublish(consumer);
  }
}

const subscriptionOf = (contact: Contact): ITopicSubscription => {
  if ('email' in contact) return new EmailSubscription(contact.email);
  if ('sms' in contact) return new SmsSubscription(contact.sms);
  return new UrlSubscription(contact.url, { protocol: SubscriptionProtocol.HTTPS });
};
