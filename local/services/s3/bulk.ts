import { AwsError, unsupported } from '../../http/aws-error.ts';
import type { XmlObject } from '../../http/xml.ts';
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
export const listObjects = (bucket: string, objects: ObjectStore, url: URL): XmlObject => {
  if (url.searchParams.get('list-type') !== '2') throw unsupported('ListObjects (version 1); use ListObjectsV2');
  const parameter = (name: string): string => url.searchParams.get(name) ?? '';
  const prefix = parameter('prefix');
  const delimiter = parameter('delimiter');
  const limit = Math.min(maxKeys, Number(parameter('max-keys') || maxKeys));
  const token = parameter('continuation-token');
  const after = token === '' ? parameter('start-after') : Buffer.from(token, 'base64url').toString();
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
        Key: key,
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
    Prefix: prefix,
    MaxKeys: limit,
    KeyCount: contents.length + prefixes.size,
    IsTruncated: truncated,
    ...(truncated ? { NextContinuationToken: Buffer.from(next).toString('base64url') } : {}),
    Contents: contents,
    CommonPrefixes: [...prefixes].map((one) => ({ Prefix: one })),
  };
};

/** DeleteObjects: the body lists at most 1,000 keys. */
export const deleteObjects = async (objects: ObjectStore, body: string): Promise<XmlObject> => {
  const keys = [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map((match) => unescaped(match[1] ?? ''));
  if (keys.length > maxKeys) throw new AwsError('MalformedXML', `at most ${maxKeys} keys can be deleted at once`);
  for (const key of keys) await objects.remove(key);
  return body.includes('<Quiet>true</Quiet>') ? {} : { Deleted: keys.map((key) => ({ Key: key })) };
};
