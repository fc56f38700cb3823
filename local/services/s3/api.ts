import type { Clock } from '#core/clock.ts';
import { mkdirSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { z } from 'zod';
import type { CloudContext } from '../../context.ts';
import { answerRestXmlError, answerXml } from '../../http/answer.ts';
import { AwsError, asAwsError, unsupported } from '../../http/aws-error.ts';
import { readBody } from '../../http/body.ts';
import { parseInput } from '../../http/operation.ts';
import { type RestApi, type RestOperation, restParameters } from '../../http/rest.ts';
import { deleteObjects, listObjects } from './bulk.ts';
import * as inputs from './inputs.ts';
import { deleteObject, getObject, putObject } from './object-calls.ts';
import { type ObjectStore, openObjectStore } from './object-store.ts';

const s3Namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
const refusals = { invalid: 'InvalidArgument', wrongType: 'InvalidArgument' } as const;

const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const maxBuckets = 1_000;

type Call = inputs.S3Call;
type Parameters = Readonly<Record<string, string>>;

interface S3Operation extends RestOperation {
  run(call: Call, parameters: Parameters): Promise<void>;
}

const call = <T>(
  method: string,
  path: string,
  schema: z.ZodType<T>,
  run: (call: Call, parameters: T) => void | Promise<void>,
): S3Operation => ({
  method,
  path,
  schema,
  run: async (s3Call, parameters) => run(s3Call, parseInput(schema, parameters, refusals)),
});

const bucketPath = '/{Bucket}';
const objectPath = '/{Bucket}/{Key}';

/** Calls on what is there; CreateBucket makes it. */
const operations = {
  HeadBucket: call('HEAD', bucketPath, inputs.NoParameters, ({ response }) => void response.writeHead(200).end()),
  ListObjectsV2: call('GET', bucketPath, inputs.ListObjectsV2, ({ response, bucket, objects }, parameters) =>
    answerXml(response, 'ListBucketResult', listObjects(bucket, objects, parameters), s3Namespace),
  ),
  DeleteObjects: call('POST', bucketPath, inputs.DeleteObjects, async ({ request, response, objects }, parameters) =>
    answerXml(response, 'DeleteResult', await deleteObjects(objects, await readBody(request), parameters), s3Namespace),
  ),
  PutObject: call('PUT', objectPath, inputs.PutObject, putObject),
  GetObject: call('GET', objectPath, inputs.GetObject, getObject),
  HeadObject: call('HEAD', objectPath, inputs.GetObject, getObject),
  DeleteObject: call('DELETE', objectPath, inputs.NoParameters, deleteObject),
};

const CreateBucket: RestOperation = { method: 'PUT', path: bucketPath, schema: inputs.NoParameters };

/**
 * S3 in path style: buckets and whole objects. Bodies are streamed to files. No versions, multipart uploads, or
 * policies; calls for those are refused.
 */
export class S3 {
  readonly api: RestApi;
  readonly #clock: Clock;
  readonly #root: string;
  readonly #buckets = new Map<string, ObjectStore>();

  constructor(context: CloudContext) {
    this.#clock = context.clock;
    this.#root = join(context.folder, 's3');
    mkdirSync(this.#root, { recursive: true });
    for (const name of readdirSync(this.#root)) this.#buckets.set(name, openObjectStore(join(this.#root, name)));
    this.api = {
      service: 's3',
      operations: { ...operations, CreateBucket },
      handle: (request, response, scope, url) => this.#handle(request, response, scope.region, url),
    };
  }

  /** Makes a bucket; an existing one stays. */
  ensureBucket(name: string): void {
    if (!bucketName.test(name)) throw new AwsError('InvalidBucketName', `The specified bucket is not valid: ${name}`);
    if (this.#buckets.has(name)) return;
    if (this.#buckets.size >= maxBuckets)
      throw new AwsError('TooManyBuckets', `the embedded cloud holds at most ${maxBuckets} buckets`);
    this.#buckets.set(name, openObjectStore(join(this.#root, name)));
  }

  async removeBucket(name: string): Promise<void> {
    this.#buckets.delete(name);
    await rm(join(this.#root, name), { recursive: true, force: true });
  }

  async #handle(request: IncomingMessage, response: ServerResponse, region: string, url: URL): Promise<void> {
    try {
      const [, bucket = '', ...rest] = url.pathname.split('/');
      const key = decodeURIComponent(rest.join('/'));
      if (bucket === '') throw unsupported('S3 ListBuckets');
      const parameters = restParameters(request, url);
      if (request.method === 'PUT' && key === '') {
        refuseUnknown(CreateBucket.schema, parameters);
        await this.#createBucket(request, response, bucket, region);
        return;
      }
      const operation = operationOf(request.method, key);
      refuseUnknown(operation.schema, parameters);
      const objects = this.#buckets.get(bucket);
      if (!objects) throw new AwsError('NoSuchBucket', `The specified bucket does not exist: ${bucket}`, 404);
      await operation.run({ request, response, bucket, key, objects, nowMs: this.#clock.now() }, parameters);
    } catch (error) {
      answerRestXmlError(response, asAwsError(error, refusals.invalid));
      request.resume();
    }
  }

  async #createBucket(request: IncomingMessage, response: ServerResponse, name: string, region: string): Promise<void> {
    const body = (await readBody(request)).toString();
    const [, constraint] = /<LocationConstraint>([^<]*)<\/LocationConstraint>/.exec(body) ?? [];
    if (constraint !== undefined && constraint !== region) {
      throw new AwsError(
        'IllegalLocationConstraintException',
        `The ${constraint} location constraint is incompatible for the region ${region} this request was sent to.`,
      );
    }
    if (this.#buckets.has(name)) throw new AwsError('BucketAlreadyOwnedByYou', `the bucket ${name} exists`, 409);
    this.ensureBucket(name);
    response.writeHead(200, { location: `/${name}` }).end();
  }
}

const operationOf = (method: string | undefined, key: string): S3Operation => {
  const path = key === '' ? bucketPath : objectPath;
  const known = Object.values(operations).find((one) => one.method === method && one.path === path);
  if (!known) throw unsupported(`S3 ${method ?? ''} on ${key === '' ? 'a bucket' : 'an object'}`);
  return known;
};

/** Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const refuseUnknown = (schema: z.ZodType, parameters: Parameters): void => {
  const parsed = schema.safeParse(parameters);
  const unknown = parsed.error?.issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : [])) ?? [];
  if (unknown.length > 0) {
    throw new AwsError(
      'NotImplemented',
      `The embedded cloud does not support the S3 parameter ${unknown.join(', ')}: it implies functionality that is not implemented.`,
      501,
    );
  }
};
