import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { fittedPage, type Pager } from '#core/promotion/pager.ts';
import type { Connection } from './connection.ts';

export const pager = (connection: Connection, topicArn: string): Pager => ({
  send: async (page) => {
    const { subject, body } = fittedPage(page);
    const { MessageId } = await connection
      .client(SNSClient)
      .send(new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: body }));
    return MessageId ?? '';
  },
});
