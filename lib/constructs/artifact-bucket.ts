import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Consumer } from './consumer.ts';

export interface ArtifactBucketProps {
  readonly bucketName: string;
  /** @default - encrypted with the key that S3 owns */
  readonly encryptionKey?: IKey;
}

/** Artifacts lie under their digest. */
const artifacts = 'sha256/*';

/**
 * Parts of releases and transcripts, by their digest. It is never deleted with its stack. A facade around the bucket and no
 * level in its path: ids there are a contract.
 */
export class ArtifactBucket {
  private readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { bucketName, encryptionKey }: ArtifactBucketProps) {
    this.bucket = new Bucket(scope, id, {
      bucketName,
      versioned: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
      ...(encryptionKey
        ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
    });
  }

  grantRead(consumer: Consumer<'ARTIFACT_BUCKET'>): void {
    consumer.addEnvironment('ARTIFACT_BUCKET', this.bucket.bucketName);
    this.bucket.grantRead(consumer, artifacts);
  }

  grantReadWrite(consumer: Consumer<'ARTIFACT_BUCKET'>): void {
    this.grantRead(consumer);
    this.bucket.grantPut(consumer, artifacts);
  }
}
