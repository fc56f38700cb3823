import { mkdirSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { isLastgoodError } from '#core/errors.ts';
import type { Clock } from '../../clock.ts';
import type { CloudContext } from '../../context.ts';
import { AwsError, unsupported } from '../../http/aws-error.ts';
import { answerRestXmlError, answerXml, asAwsError } from '../../http/answer.ts';
import { readBody } from '../../http/body.ts';
import { deleteObjects, listObjects } from './bulk.ts';
import { deleteObject, getObject, putObject } from './object-calls.ts';
import { type ObjectStore, openObjectStore } from './object-store.ts';

const s3Namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';

export interface S3Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly bucket: string;
  readonly key: string;
  readonly objects: ObjectStore;
  readonly nowMs: number;
}

const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const maxBuckets = 1_000;

/** Subresources that would change what a call means; the embedded cloud has none of them. */
const knownParameters = new Set([
  'x-id',
  'list-type',
  'prefix',
  'delimiter',
  'max-keys',
  'continuation-token',
  'start-after',
  'delete',
  'encoding-type',
  'fetch-owner',
]);

const refuseUnknownParameters = (url: URL): void => {
  for (const name of url.searchParams.keys())
    if (!knownParameters.has(name) && !name.startsWith('X-Amz-')) throw unsupported(`the S3 parameter ?${name}`);
};

/**
 * S3 in path style: buckets and whole objects. Bodies are streamed to files. No versions, multipart uploads, or
 * policies; calls for those are refused.
 */
export class S3 {
  private readonly clock: Clock;
  private readonly root: string;
  private readonly buckets = new Map<string, ObjectStore>();

  constructor(context: CloudContext) {
    this.clock = context.clock;
    this.root = join(context.folder, 's3');
    mkdirSync(this.root, { recursive: true });
    for (const name of readdirSync(this.root)) this.buckets.set(name, openObjectStore(join(this.root, name)));
  }

  /** Makes a bucket; an existing one stays. */
  ensureBucket(name: string): void {
    if (!bucketName.test(name)) throw new AwsError('InvalidBucketName', `The specified bucket is not valid: ${name}`);
    if (this.buckets.has(name)) return;
    if (this.buckets.size >= maxBuckets)
      throw new AwsError('TooManyBuckets', `the embedded cloud holds at most ${maxBuckets} buckets`);
    this.buckets.set(name, openObjectStore(join(this.root, name)));
  }

  async removeBucket(name: string): Promise<void> {
    this.buckets.delete(name);
    await rm(join(this.root, name), { recursive: true, force: true });
  }

  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    try {
      refuseUnknownParameters(url);
      const [, bucket = '', ...rest] = url.pathname.split('/');
      const key = decodeURIComponent(rest.join('/'));
      if (bucket === '') throw unsupported('S3 ListBuckets');
      if (key === '') return await this.bucketCall(request, response, bucket, url);
      const objects = this.objectsOf(bucket);
      return await objectCall({ request, response, url, bucket, key, objects, nowMs: this.clock.now() });
    } catch (error) {
      const full = isLastgoodError(error, 'disk-full');
      answerRestXmlError(response, full ? new AwsError('InsufficientStorage', error.message, 507) : asAwsError(error));
      return void request.resume();
    }
  }

  private objectsOf(bucket: string): ObjectStore {
    const objects = this.buckets.get(bucket);
    if (!objects) throw new AwsError('NoSuchBucket', `The specified bucket does not exist: ${bucket}`, 404);
    return objects;
  }

  private async bucketCall(request: IncomingMessage, response: ServerResponse, name: string, url: URL): Promise<void> {
    if (request.method === 'PUT') {
      if (this.buckets.has(name)) throw new AwsError('BucketAlreadyOwnedByYou', `the bucket ${name} exists`, 409);
      this.ensureBucket(name);
      response.writeHead(200, { location: `/${name}` }).end();
      return;
    }
    const objects = this.objectsOf(name);
    if (request.method === 'HEAD') response.writeHead(200).end();
    else if (request.method === 'GET')
      answerXml(response, 'ListBucketResult', listObjects(name, objects, url), s3Namespace);
    else if (request.method === 'POST' && url.searchParams.has('delete')) {
      const result = await deleteObjects(objects, (await readBody(request)).toString());
      answerXml(response, 'DeleteResult', result, s3Namespace);
    } else throw unsupported(`S3 ${request.method ?? ''} on a bucket`);
  }
}

const objectCall = async (call: S3Call): Promise<void> => {
  switch (call.request.method) {
    case 'PUT':
      return putObject(call);
    case 'GET':
    case 'HEAD':
      return getObject(call);
    case 'DELETE':
      return deleteObject(call);
    default:
      throw unsupported(`S3 ${call.request.method ?? ''} on an object`);
  }
};
