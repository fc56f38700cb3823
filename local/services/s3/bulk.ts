import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError } from '../../http/aws-error.ts';
import type { XmlObject } from '../../http/xml.ts';
import type { DeleteObjects, ListObjectsV2 } from './inputs.ts';
import type { ObjectStore } from './object-store.ts';

const maxKeys = 1_000;

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');

/** ListObjectsV2: keys in the order of their UTF-8 bytes, common prefixes, pages of at most 1,000. */
export const listObjects = (bucket: string, objects: ObjectStore, parameters: ListObjectsV2): XmlObject => {
  const { prefix, delimiter, 'start-after': startAfter, 'continuation-token': token } = parameters;
  const limit = Math.min(maxKeys, parameters['max-keys']);
  const after = token === undefined ? startAfter : keyOfToken(token);
  const encoded = (text: string): string => (parameters['encoding-type'] === 'url' ? urlEncoded(text) : text);
  const contents: XmlObject[] = [];
  const prefixes = new Set<string>();
  let last = '';
  let truncated = false;
  for (const key of objects.keys()) {
    if (!key.startsWith(prefix) || key <= after || (last !== '' && prefixes.has(last) && key.startsWith(last)))
      continue;
    if (contents.length + prefixes.size >= limit) {
      truncated = true;
      break;
    }
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const head = objects.head(key);
    if (cut !== -1) {
      last = key.slice(0, cut + delimiter.length);
      prefixes.add(last);
    } else if (head) {
      last = key;
      contents.push({
        Key: encoded(key),
        Size: head.size,
        ETag: head.etag,
        LastModified: new Date(head.lastModified).toISOString(),
        StorageClass: 'STANDARD',
      });
    }
  }
  // A token after a common prefix must skip every key below it.
  const next = prefixes.has(last) ? `${last}\u{10FFFF}` : last;
  return {
    Name: bucket,
    Prefix: encoded(prefix),
    EncodingType: parameters['encoding-type'],
    MaxKeys: limit,
    KeyCount: contents.length + prefixes.size,
    IsTruncated: truncated,
    ...(truncated && { NextContinuationToken: `1${Buffer.from(next).toString('base64url')}` }),
    Contents: contents,
    CommonPrefixes: [...prefixes].map((one) => ({ Prefix: encoded(one) })),
  };
};

/** Tokens carry the last key seen, after a mark that tells them from anything else. */
const keyOfToken = (token: string): string => {
  if (!/^1[\w-]+$/.test(token))
    throw new AwsError('InvalidArgument', `The continuation token provided is incorrect: ${token}`);
  return Buffer.from(token.slice(1), 'base64url').toString();
};

const urlEncoded = (key: string): string => encodeURIComponent(key).replaceAll('%2F', '/');

const checkDigests = (bytes: Buffer, parameters: DeleteObjects): void => {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(bytes));
  const hash = (name: string): string => createHash(name).update(bytes).digest('base64');
  const { 'content-md5': md5, 'x-amz-checksum-sha256': sha256, 'x-amz-checksum-crc32': crc } = parameters;
  if (
    (md5 !== undefined && md5 !== hash('md5')) ||
    (sha256 !== undefined && sha256 !== hash('sha256')) ||
    (crc !== undefined && crc !== checksum.toString('base64'))
  )
    throw new AwsError('BadDigest', 'The checksum you specified did not match what we received.');
};

/** DeleteObjects: the body lists at most 1,000 keys. */
export const deleteObjects = async (
  objects: ObjectStore,
  bytes: Buffer,
  parameters: DeleteObjects,
): Promise<XmlObject> => {
  checkDigests(bytes, parameters);
  const body = bytes.toString();
  const unknown = [...body.matchAll(/<([A-Za-z]+)[ >]/g)].find(
    ([, name = '']) => !['Delete', 'Object', 'Key', 'Quiet'].includes(name),
  );
  if (unknown) throw new AwsError('NotImplemented', `the embedded cloud deletes by Key, not by ${unknown[1]}`, 501);
  const keys = [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => unescaped(match[1] ?? ''));
  if (keys.length === 0 || keys.length > maxKeys)
    throw new AwsError('MalformedXML', `1 to ${maxKeys} keys can be deleted at once, not ${keys.length}`);
  for (const key of keys) await objects.remove(key);
  return body.includes('<Quiet>true</Quiet>') ? {} : { Deleted: keys.map((key) => ({ Key: key })) };
};
