import { pipeline } from 'node:stream/promises';
import { AwsError } from '../../http/aws-error.ts';
import { AwsChunkedDecoder } from './aws-chunked.ts';
import { type GetObject, type PutObject, type S3Call, storedHeaders } from './inputs.ts';
import type { ObjectHead, StagedBody } from './object-store.ts';

/** The largest object of one PutObject on AWS. */
const maxObjectBytes = 5 * 1024 ** 3;

const header = (call: S3Call, name: string): string | undefined => {
  const value = call.request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

const isChunked = (call: S3Call): boolean =>
  (header(call, 'content-encoding') ?? '').split(',').some((one) => one.trim() === 'aws-chunked');

const matches = (condition: string, head: ObjectHead | undefined): boolean =>
  head !== undefined &&
  (condition === '*' ||
    condition.split(',').some((etag) => etag.trim().replaceAll('"', '') === head.etag.replaceAll('"', '')));

const checkWriteConditions = (
  call: S3Call,
  { 'if-none-match': ifNoneMatch, 'if-match': ifMatch }: Pick<PutObject, 'if-none-match' | 'if-match'>,
): void => {
  const head = call.objects.head(call.key);
  if ((ifNoneMatch !== undefined && matches(ifNoneMatch, head)) || (ifMatch !== undefined && !matches(ifMatch, head)))
    throw preconditionFailed();
};

const preconditionFailed = (): AwsError =>
  new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);

const checkChecksums = (staged: StagedBody, call: S3Call, trailers: ReadonlyMap<string, string>): void => {
  const given = (name: string) => trailers.get(name) ?? header(call, name);
  const expected: readonly (readonly [string, string | undefined, string])[] = [
    ['x-amz-checksum-crc32', given('x-amz-checksum-crc32'), staged.crc32],
    ['x-amz-checksum-sha256', given('x-amz-checksum-sha256'), staged.sha256],
    ['content-md5', given('content-md5'), Buffer.from(staged.etag.slice(1, -1), 'hex').toString('base64')],
  ];
  for (const [name, sent, computed] of expected) {
    if (sent !== undefined && sent !== computed) {
      throw new AwsError(
        'BadDigest',
        `The ${name} you specified (${sent}) did not match the calculated checksum (${computed}).`,
      );
    }
  }
  const unknown = [...trailers.keys()].find((name) => !expected.some(([known]) => known === name));
  if (unknown !== undefined)
    throw new AwsError('NotImplemented', `the embedded cloud does not compute the trailer ${unknown}`, 501);
  const length =
    header(call, 'x-amz-decoded-content-length') ?? (isChunked(call) ? undefined : header(call, 'content-length'));
  if (length !== undefined && Number(length) !== staged.size)
    throw new AwsError('IncompleteBody', `You announced ${length} bytes and sent ${staged.size}.`);
};

const stage = async (call: S3Call): Promise<{ staged: StagedBody; trailers: ReadonlyMap<string, string> }> => {
  if (!isChunked(call)) return { staged: await call.objects.stage(call.request), trailers: new Map() };
  const decoder = new AwsChunkedDecoder();
  const [staged] = await Promise.all([call.objects.stage(decoder), pipeline(call.request, decoder)]);
  return { staged, trailers: decoder.trailers };
};

/** PutObject with If-None-Match / If-Match, checked again in the turn of its key: of two writers one wins. */
export const putObject = async (call: S3Call, parameters: PutObject): Promise<void> => {
  const length = Number(header(call, 'x-amz-decoded-content-length') ?? header(call, 'content-length') ?? 0);
  if (length > maxObjectBytes)
    throw new AwsError('EntityTooLarge', `an object has at most ${maxObjectBytes} bytes, this one has ${length}`);
  checkWriteConditions(call, parameters);
  const { staged, trailers } = await stage(call);
  const head = await commit(call, parameters, staged, trailers).catch(async (error: unknown) => {
    await call.objects.discard(staged);
    throw error;
  });
  call.response
    .writeHead(200, { etag: head.etag, 'x-amz-checksum-crc32': head.crc32, 'x-amz-checksum-type': 'FULL_OBJECT' })
    .end();
};

const commit = async (
  call: S3Call,
  parameters: PutObject,
  staged: StagedBody,
  trailers: ReadonlyMap<string, string>,
): Promise<ObjectHead> => {
  checkChecksums(staged, call, trailers);
  const metadata = Object.entries(call.request.headers)
    .filter(([name]) => name.startsWith('x-amz-meta-'))
    .map(([name, value]) => [name.slice('x-amz-meta-'.length), String(value)]);
  const kept = storedHeaders.flatMap((name) => {
    const value = name === 'content-encoding' ? withoutChunking(parameters[name]) : (parameters[name] ?? '');
    return value === '' ? [] : [[name, value] as const];
  });
  const about = {
    key: call.key,
    headers: Object.fromEntries(kept),
    contentType: parameters['content-type'] ?? 'application/octet-stream',
    metadata: Object.fromEntries(metadata),
    lastModified: call.nowMs,
  };
  return call.objects.commit(staged, about, () => checkWriteConditions(call, parameters));
};

/** `aws-chunked` is how the body travelled, not how it is stored. */
const withoutChunking = (encoding = ''): string =>
  encoding
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== 'aws-chunked')
    .join(',');

const parseRange = (text: string | undefined, size: number): { start: number; end: number } | undefined => {
  const match = /^bytes=(\d*)-(\d*)$/.exec(text ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]));
  if (start >= size || start > end) throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416);
  return { start, end };
};

export const getObject = async (call: S3Call, parameters: GetObject): Promise<void> => {
  const head = call.objects.head(call.key);
  if (!head) {
    if (call.request.method === 'HEAD') {
      call.response.writeHead(404).end();
      return;
    }
    throw new AwsError('NoSuchKey', `The specified key does not exist: ${call.key}`, 404);
  }
  if (isUnmodified(parameters, head)) {
    call.response.writeHead(304, { etag: head.etag }).end();
    return;
  }
  const range = parseRange(parameters.range, head.size);
  call.response.writeHead(range ? 206 : 200, {
    etag: head.etag,
    'content-type': head.contentType,
    ...head.headers,
    'content-length': range ? range.end - range.start + 1 : head.size,
    'last-modified': new Date(head.lastModified).toUTCString(),
    'accept-ranges': 'bytes',
    ...(range
      ? { 'content-range': `bytes ${range.start}-${range.end}/${head.size}` }
      : { 'x-amz-checksum-crc32': head.crc32, 'x-amz-checksum-type': 'FULL_OBJECT' }),
    ...Object.fromEntries(Object.entries(head.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value])),
  });
  if (call.request.method === 'HEAD' || head.size === 0) call.response.end();
  else await pipeline(call.objects.read(head, range), call.response);
};

/**
 * Whether the caller has this object already. An entity tag decides over a time, as HTTP has it.
 * @throws AwsError `PreconditionFailed`
 */
const isUnmodified = (parameters: GetObject, head: ObjectHead): boolean => {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = parameters;
  const { 'if-modified-since': ifModified, 'if-unmodified-since': ifUnmodified } = parameters;
  const changedAfter = (date: string): boolean => Math.floor(head.lastModified / 1_000) * 1_000 > Date.parse(date);
  if (ifMatch === undefined ? ifUnmodified !== undefined && changedAfter(ifUnmodified) : !matches(ifMatch, head))
    throw preconditionFailed();
  return ifNoneMatch === undefined ? ifModified !== undefined && !changedAfter(ifModified) : matches(ifNoneMatch, head);
};

export const deleteObject = async (call: S3Call): Promise<void> => {
  await call.objects.remove(call.key);
  call.response.writeHead(204).end();
};
