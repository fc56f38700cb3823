import { once } from 'node:events';
import { type RequestListener, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '#aws/connection.ts';
import { isAwsFailure } from '#aws/failure.ts';
import { systemClock } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';

const surroundings = { clock: systemClock, random: Math.random };
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const closers: (() => Promise<void>)[] = [];
beforeEach(() => {
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
});
afterEach(async () => {
  delete process.env['AWS_ENDPOINT_URL'];
  for (const close of closers.splice(0)) await close();
});

/** An AWS that answers as told. */
const serve = async (answer: RequestListener): Promise<void> => {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  closers.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
};

const failureOf = async (answerMs = 500): Promise<LastgoodError> => {
  const connection = connect({ region: 'us-east-1', credentials, answerMs, ...surroundings });
  closers.push(() => Promise.resolve(connection.close()));
  const command = new GetItemCommand({ TableName: 'lastgood-registry', Key: { pk: { S: 'x' } } });
  const error: unknown = await connection
    .client(DynamoDBClient)
    .send(command)
    .catch((cause: unknown) => cause);
  if (error instanceof LastgoodError) return error;
  throw new Error(`not a LastgoodError: ${String(error)}`);
};

describe('a connection to AWS', () => {
  test('invariant 11: a service that never answers is given up after its attempts', async () => {
    let asked = 0;
    await serve(() => {
      asked += 1;
    });
    const startedAt = performance.now();
    const error = await failureOf(100);
    expect(error).toMatchObject({ code: 'aws-failed', retryable: true, details: { operation: 'GetItem' } });
    expect(asked).toBe(3);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  test('names service, operation, error and what to do', async () => {
    await serve((_request, response) => {
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: 'com.amazonaws#ResourceNotFoundException', message: 'no such table' }));
    });
    const error = await failureOf();
    expect(error.message).toBe(
      'DynamoDB GetItem failed: ResourceNotFoundException: no such table; is the org deployed in this account and region?',
    );
    expect(error.retryable).toBe(false);
    expect(isAwsFailure(error, 'ResourceNotFoundException')).toBe(true);
    expect(isAwsFailure(error, 'OtherException')).toBe(false);
  });

  test('a failure of the service itself may pass, and is marked so', async () => {
    await serve((_request, response) => {
      response.writeHead(500, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ __type: 'InternalServerError', message: 'sorry' }));
    });
    expect(await failureOf()).toMatchObject({ retryable: true });
  });

  test('nobody listening is a network problem, said as one', async () => {
    process.env['AWS_ENDPOINT_URL'] = 'http://127.0.0.1:9';
    const error = await failureOf();
    expect(error.message).toContain('check the network, and AWS_ENDPOINT_URL');
    expect(error.retryable).toBe(true);
  });

  test('makes one client per service, so that sockets are shared', () => {
    const connection = connect({ region: 'us-east-1', credentials, ...surroundings });
    expect(connection.client(DynamoDBClient)).toBe(connection.client(DynamoDBClient));
    connection.close();
  });
});
