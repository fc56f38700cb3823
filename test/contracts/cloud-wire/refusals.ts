import { expect, test } from 'vitest';
import type { Cloud } from '#local/cloud.ts';

const authorization = (service: string): string =>
  `AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;

interface Refusal {
  readonly status: number;
  readonly body: string;
}

const send = async (cloud: Cloud, path: string, init: RequestInit): Promise<Refusal> => {
  const answer = await fetch(cloud.endpoint + path, init);
  return { status: answer.status, body: await answer.text() };
};

/** Every call that the embedded cloud knows, sent over HTTP with a parameter that it does not. */
const surprises = (cloud: Cloud): readonly { readonly name: string; readonly sent: Promise<Refusal> }[] => {
  const { json, query, rest } = cloud.services.apis;
  return [
    ...json.flatMap(({ target, operations }) =>
      Object.keys(operations).map((name) => ({
        name: `${target}.${name}`,
        sent: send(cloud, '/', {
          method: 'POST',
          headers: { 'x-amz-target': `${target}.${name}`, 'content-type': 'application/x-amz-json-1.1' },
          body: '{"Surprise":"x"}',
        }),
      })),
    ),
    ...query.flatMap(({ service, operations }) =>
      Object.keys(operations).map((name) => ({
        name: `${service} ${name}`,
        sent: send(cloud, '/', {
          method: 'POST',
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            authorization: authorization(service),
          },
          body: `Action=${name}&Surprise=x`,
        }),
      })),
    ),
    ...rest.flatMap(({ service, operations }) =>
      Object.entries(operations).map(([name, { method, path }]) => ({
        name: `${service} ${name}`,
        sent: send(cloud, `${path.replaceAll(/\{\w+\}/g, 'surprising')}?Surprise=x`, {
          method,
          headers: { authorization: authorization(service) },
        }),
      })),
    ),
  ];
};

const isRefusal = ({ name, status, body }: Refusal & { readonly name: string }): boolean => {
  // A task that is not there, and a HEAD without a body, cannot name it.
  if (name.startsWith('ecs ')) return status === 404;
  if (name.startsWith('s3 Head')) return status === 501;
  // An error of a service that speaks JSON says its type.
  const isWellFormed = !name.includes('.') || '__type' in (JSON.parse(body) as object);
  const isNamed = /does not support the (S3 )?parameter Surprise/.test(body);
  return isNamed && isWellFormed && status === (name.startsWith('s3 ') ? 501 : 400);
};

/** Invariant 12 over the wire: no call can forget to refuse. */
export const refusalsContract = (cloud: () => Cloud): void => {
  test('an unknown parameter is refused by name in every operation, in the form of its protocol', async () => {
    const calls = surprises(cloud());
    expect(calls.length).toBeGreaterThan(75);
    const answers = await Promise.all(calls.map(async ({ name, sent }) => ({ name, ...(await sent) })));
    expect(answers.filter((answer) => !isRefusal(answer))).toEqual([]);
  });

  test.each([
    ['SerializationException', { 'x-amz-target': 'DynamoDB_20120810.ListTables' }, '{"Limit":'],
    ['SerializationException', { 'x-amz-target': 'DynamoDB_20120810.ListTables' }, '[]'],
    ['SerializationException', { 'x-amz-target': 'AWSStepFunctions.ListStateMachines' }, '{"maxResults":"5"}'],
    [
      'SerializationException',
      { 'x-amz-target': 'DynamoDB_20120810.ListTables', 'content-encoding': 'gzip' },
      'not packed',
    ],
  ])('%s answers a body that cannot be read', async (code, headers, body) => {
    const refusal = await send(cloud(), '/', { method: 'POST', headers, body });
    expect(refusal.status).toBe(400);
    expect(JSON.parse(refusal.body)).toMatchObject({ __type: code });
  });

  test.each([
    ['NoSuchVersion', 'Action=ListTopics&Version=2009-01-01'],
    ['MalformedQueryString', `Action=ListTopics&${Array.from({ length: 2_001 }, (_, n) => `a${n}=`).join('&')}`],
    ['InvalidParameter', 'Action=ListTopics&__proto__.polluted=x'],
  ])('%s answers a form that is not the one of the API', async (code, body) => {
    const refusal = await send(cloud(), '/', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: authorization('sns') },
      body,
    });
    expect(refusal).toMatchObject({ status: 400, body: expect.stringContaining(`<Code>${code}</Code>`) as string });
    expect({}).not.toHaveProperty('polluted');
  });

  test.each([
    ['PUT', '/wire-refusals/key', { 'if-none-match': '"etag"' }, 400, 'InvalidArgument'],
    ['PUT', '/wire-refusals/key', { 'x-amz-storage-class': 'GLACIER' }, 400, 'InvalidArgument'],
    ['PUT', '/wire-refusals/key', { 'x-amz-acl': 'public-read' }, 501, 'NotImplemented'],
    ['PUT', '/wire-refusals/key', { 'x-amz-copy-source': '/a/b' }, 501, 'NotImplemented'],
    ['PUT', '/wire-refusals/key', { 'x-amz-checksum-crc64nvme': 'x' }, 501, 'NotImplemented'],
    ['GET', '/wire-refusals/key?versionId=1', {}, 501, 'NotImplemented'],
    ['GET', '/wire-refusals/key', { 'if-modified-since': 'soon' }, 400, 'InvalidArgument'],
    ['GET', '/wire-refusals?list-type=1', {}, 400, 'InvalidArgument'],
    ['GET', '/wire-refusals?list-type=2&max-keys=many', {}, 400, 'InvalidArgument'],
    ['GET', '/wire-refusals?list-type=2&continuation-token=odd', {}, 400, 'InvalidArgument'],
    ['GET', '/wire-refusals?policy', {}, 501, 'NotImplemented'],
    ['POST', '/wire-refusals?uploads', {}, 501, 'NotImplemented'],
  ] as const)('S3 %s %s with %j is refused with %i %s', async (method, path, headers, status, code) => {
    await send(cloud(), '/wire-refusals', { method: 'PUT', headers: { authorization: authorization('s3') } });
    const refusal = await send(cloud(), path, {
      method,
      headers: { ...headers, authorization: authorization('s3') },
      ...(method === 'PUT' && { body: 'x' }),
    });
    expect(refusal).toMatchObject({ status, body: expect.stringContaining(`<Code>${code}</Code>`) as string });
  });

  test.each([
    [{ 'x-amz-invocation-type': 'Later' }, '{}', 'InvalidParameterValueException'],
    [{ 'x-amz-log-type': 'Tail' }, '{}', 'InvalidParameterValueException'],
    [{ 'x-amz-client-context': 'e30=' }, '{}', 'InvalidParameterValueException'],
    [{}, '{', 'InvalidRequestContentException'],
  ])('Lambda refuses %j with %s', async (headers, body, code) => {
    const refusal = await send(cloud(), '/2015-03-31/functions/none/invocations', { method: 'POST', headers, body });
    expect(refusal.status).toBe(400);
    expect(JSON.parse(refusal.body)).toMatchObject({ __type: code });
  });
};
