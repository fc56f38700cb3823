import { Transform, type TransformCallback } from 'node:stream';
import { AwsError } from '../../http/aws-error.ts';

const maxHeaderBytes = 8_192;

/**
 * Unpacks `content-encoding: aws-chunked`, in which the JS SDK sends streams: `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n`,
 * a chunk of size 0, then trailers such as `x-amz-checksum-crc32:…`. Trailers are collected in `trailers`.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export class AwsChunkedDecoder extends Transform {
  readonly trailers = new Map<string, string>();
  #pending: Buffer = Buffer.alloc(0);
  #remaining = 0;
  #state: 'size' | 'data' | 'data-end' | 'trailer' = 'size';

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    try {
      while (this.#step());
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    const whole = this.#state === 'trailer' && this.#remaining === 0;
    done(whole ? null : new AwsError('IncompleteBody', 'The aws-chunked body ended before its last chunk.'));
  }

  /** Consumes one part of the pending bytes; false when more bytes are needed. */
  #step(): boolean {
    switch (this.#state) {
      case 'data': {
        const part = this.#pending.subarray(0, this.#remaining);
        if (part.length === 0) return false;
        this.push(Buffer.from(part));
        this.#pending = this.#pending.subarray(part.length);
        this.#remaining -= part.length;
        if (this.#remaining === 0) this.#state = 'data-end';
        return true;
      }
      case 'data-end':
        if (this.#pending.length < 2) return false;
        this.#pending = this.#pending.subarray(2);
        this.#state = 'size';
        return true;
      case 'size': {
        const line = this.#line();
        if (line === undefined) return false;
        this.#remaining = Number.parseInt(line.split(';')[0] ?? '', 16);
        if (!Number.isSafeInteger(this.#remaining))
          throw new AwsError('InvalidRequest', `not an aws-chunked size: ${line.slice(0, 40)}`);
        this.#state = this.#remaining === 0 ? 'trailer' : 'data';
        return true;
      }
      case 'trailer': {
        const line = this.#line();
        if (line === undefined) return false;
        const colon = line.indexOf(':');
        if (colon > 0) this.trailers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
        return true;
      }
    }
  }

  #line(): string | undefined {
    const end = this.#pending.indexOf('\r\n');
    if (end === -1) {
      if (this.#pending.length > maxHeaderBytes)
        throw new AwsError('InvalidRequest', 'an aws-chunked header is too long');
      return undefined;
    }
    const line = this.#pending.subarray(0, end).toString('latin1');
    this.#pending = this.#pending.subarray(end + 2);
    return line;
  }
}
