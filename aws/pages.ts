import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Pager } from '#core/promotion/pager.ts';
import type { Connection } from './connection.ts';

/** SNS: subjects of at most 100 ASCII characters, messages of at most 262,144 bytes. */
const maxSubject = 99;

const maxBodyBytes = 262_144;

export const pager = (connection: Connection, topicArn: string): Pager => ({
  send: async ({ subject, body }) => {
    const { MessageId } = await connection
      .client(SNSClient)
      .send(new PublishCommand({ TopicArn: topicArn, Subject: oneLine(subject), Message: cut(body) }));
    return MessageId ?? '';
  },
});

const oneLine = (text: string): string =>
  text
    .replaceAll(/[^\u0020-\u007e]+/g, ' ')
    .trim()
    .slice(0, maxSubject);

const cut = (text: string): string => {
  const bytes = Buffer.from(text);
  if (bytes.byteLength <= maxBodyBytes) return text;
  const note = '\n... cut here; `lastgood why` has the rest';
  // A character cut in half decodes to one replacement character of 3 bytes, which still fits.
  return `${bytes.subarray(0, maxBodyBytes - note.length - 3).toString()}${note}`;
};
