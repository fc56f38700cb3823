/**
 * Wire-level contract of every AWS API that Lastgood uses, driven by the real SDK clients. It always runs against the
 * embedded cloud; with AWS_ENDPOINT_URL set it runs against that implementation as well (moto, for instance).
 */
import { TransactWriteItemsCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cloud, startCloud } from '#local/cloud.ts';
import { objectsContract } from './cloud-wire/objects.ts';
import { orchestrationContract } from './cloud-wire/orchestration.ts';
import { refusalsContract } from './cloud-wire/refusals.ts';
import { servicesContract } from './cloud-wire/services.ts';
import { tablesContract } from './cloud-wire/tables.ts';
import { type Target, clientSettings } from './cloud-wire/target.ts';

let cloud: Cloud;

const other = process.env['AWS_ENDPOINT_URL'];
const targets: readonly Target[] = [
  { name: 'the embedded cloud', endpoint: () => cloud.endpoint, isEmbedded: true },
  ...(other === undefined ? [] : [{ name: other, endpoint: () => other, isEmbedded: false }]),
];

beforeAll(async () => {
  cloud = await startCloud({ port: 0, projectRoot: process.cwd() });
});
afterAll(() => cloud.close());

describe.each(targets)('$name', (target) => {
  tablesContract(target);
  objectsContract(target);
  servicesContract(target);
  orchestrationContract(target);
});

describe('invariant 12: a call that the embedded cloud does not know', () => {
  refusalsContract(() => cloud);
  const settings = () => clientSettings({ name: '', endpoint: () => cloud.endpoint, isEmbedded: true });

  test.each([
    [
      'in JSON',
      () =>
        new DynamoDBClient(settings()).send(
          new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: 'abc', Item: {} } }] }),
        ),
      /does not support DynamoDB_20120810 TransactWriteItems/,
    ],
    [
      'in XML of S3',
      () => new S3Client({ ...settings(), forcePathStyle: true }).send(new ListBucketsCommand({})),
      /does not support S3 ListBuckets/,
    ],
  ])('%s is an error that says so', async (_protocol, send, message) => {
    await expect(send()).rejects.toMatchObject({
      name: 'UnsupportedOperation',
      message: expect.stringMatching(message) as string,
    });
  });

  test('for a parameter names the parameter', async () => {
    await expect(new SNSClient(settings()).send(new ListTopicsCommand({}))).resolves.toMatchObject({});
    const answer = await fetch(cloud.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'secretsmanager.GetSecretValue', 'content-type': 'application/x-amz-json-1.1' },
      body: '{"SecretId":"a","Surprise":1}',
    });
    expect(await answer.json()).toMatchObject({
      __type: 'InvalidParameterException',
      message: expect.stringMatching(/does not support the parameter Surprise/) as string,
    });
  });

  test('for another service names its target', async () => {
    const answer = await fetch(cloud.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonSQS.SendMessage' },
      body: '{}',
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ message: expect.stringMatching(/AmazonSQS\.SendMessage/) as string });
  });
});

describe('the state of the embedded cloud', () => {
  test('is kept per account and region', async () => {
    const listIn = async (account: string, region: string): Promise<unknown> => {
      const answer = await fetch(cloud.endpoint, {
        method: 'POST',
        headers: {
          'x-amz-target': 'DynamoDB_20120810.ListTables',
          authorization: `AWS4-HMAC-SHA256 Credential=${account}/20260101/${region}/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
        },
        body: '{}',
      });
      return answer.json();
    };
    expect(await listIn('999999999999', 'us-east-1')).toEqual({ TableNames: [] });
    expect(await listIn('123456789012', 'eu-central-1')).toEqual({ TableNames: [] });
    expect(await listIn('123456789012', 'us-east-1')).not.toEqual({ TableNames: [] });
  });

  test('answers a taken port with what to do', async () => {
    const port = Number(new URL(cloud.endpoint).port);
    await expect(startCloud({ port, projectRoot: process.cwd() })).rejects.toMatchObject({
      code: 'port-in-use',
      message: expect.stringMatching(/another port with --port/) as string,
    });
  });
});
