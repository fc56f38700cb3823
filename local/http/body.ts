import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AwsError } from './aws-error.ts';

const unzip = promisify(gunzip);

/** The largest body that is held in memory: DynamoDB's BatchWriteItem may have 16 MB, everything else has less. */
export const maxBodyBytes = 16 * 1024 * 1024;

/**
 * Reads a request whole, unpacking gzip (the SDK compresses large PutMetricData calls).
 * @throws AwsError `RequestEntityTooLarge` above `limitBytes`, `SerializationException` for broken gzip
 */
export const readBody = async (request: IncomingMessage, limitBytes = maxBodyBytes): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes)
      throw new AwsError('RequestEntityTooLarge', `the body has more than ${limitBytes} bytes; send less at once`, 413);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (request.headers['content-encoding'] !== 'gzip') return body;
  return unzip(body, { maxOutputLength: limitBytes }).catch((error: unknown) => {
    throw new AwsError('SerializationException', `the body does not unpack as gzip: ${String(error)}`);
  });
};
