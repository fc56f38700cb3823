import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type Clock, pause } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import type { Artifact, ArtifactStore } from '#core/release/artifact-store.ts';
import { type Digest, digestOf, shortId } from '#core/words/digest.ts';
import type { ClientSettings, Connection } from './connection.ts';
import { isAwsFailure } from './failure.ts';

/** The largest object that is read; a release's parts are far smaller. */
const maxBytes = 200_000_000;

/** Bucket names in the path, so that one endpoint serves every bucket; AWS takes both styles. */
class PathStyleS3Client extends S3Client {
  constructor(settings: ClientSettings) {
    super({ ...settings, forcePathStyle: true });
  }
}

const keyOf = (digest: Digest): string => `sha256/${digest}`;

/** Objects by digest in an org's artifact bucket. */
export const artifactStore = (connection: Connection, bucket: string): ArtifactStore => {
  const s3 = connection.client(PathStyleS3Client);
  const get = (digest: Digest) => readArtifact(s3, bucket, digest);
  return {
    get,
    has: (digest) => hasArtifact(s3, bucket, digest),
    put: async (artifact) => {
      const digest = digestOf(artifact.bytes);
      const isNew = await putArtifact(s3, bucket, digest, artifact, connection.clock);
      if (!isNew) await get(digest);
      return { digest, isNew };
    },
  };
};

/** @returns false when something stands there already */
const putArtifact = async (
  s3: S3Client,
  bucket: string,
  digest: Digest,
  artifact: Artifact,
  clock: Clock,
  attempts = 3,
): Promise<boolean> => {
  const { bytes, mediaType } = artifact;
  try {
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: keyOf(digest),
        Body: bytes,
        ContentType: mediaType,
        ContentLength: bytes.length,
        // The bucket computes it again, so bytes that changed on the way are refused.
        ChecksumSHA256: Buffer.from(digest, 'hex').toString('base64'),
        IfNoneMatch: '*',
      }),
    );
    return true;
  } catch (error) {
    if (isAwsFailure(error, 'PreconditionFailed')) return false;
    // Another writer is just storing the same bytes. Once it is done, this write finds them there.
    if (isAwsFailure(error, 'ConditionalRequestConflict') && attempts > 1) {
      await pause(clock, 500);
      return putArtifact(s3, bucket, digest, artifact, clock, attempts - 1);
    }
    throw error;
  }
};

const readArtifact = async (s3: S3Client, bucket: string, digest: Digest): Promise<Uint8Array> => {
  const found = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(digest) })).catch((cause: unknown) => {
    if (!isAwsFailure(cause, 'NoSuchKey')) throw cause;
    throw new LastgoodError('not-found', `${bucket} holds no artifact ${digest}; publish its release again`, { cause });
  });
  if ((found.ContentLength ?? 0) > maxBytes) {
    throw new LastgoodError(
      'digest-mismatch',
      `artifact ${shortId(digest)} in ${bucket} has ${found.ContentLength} bytes; nothing larger than ${maxBytes} was ever stored`,
    );
  }
  const bytes = (await found.Body?.transformToByteArray()) ?? new Uint8Array();
  const actual = digestOf(bytes);
  if (actual === digest) return bytes;
  throw new LastgoodError(
    'digest-mismatch',
    `${bucket} holds bytes with digest ${actual} under the name ${digest}; they are not used. ` +
      'Find out who changed the bucket, remove the object, and publish its release again.',
    { details: { expected: digest, actual } },
  );
};

const hasArtifact = async (s3: S3Client, bucket: string, digest: Digest): Promise<boolean> => {
  try {
    await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: keyOf(digest) }));
    return true;
  } catch (error) {
    if (isAwsFailure(error, 'NotFound') || isAwsFailure(error, 'NoSuchKey')) return false;
    throw error;
  }
};
