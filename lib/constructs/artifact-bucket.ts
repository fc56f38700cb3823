import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
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
  readonly #bucket: Bucket;

  constructor(scope: Construct, id: string, { bucketName, encryptionKey }: ArtifactBucketProps) {
    this.#bucket = new Bucket(scope, id, {
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
    const bucket = this.#bucket;
    consumer.addEnvironment('ARTIFACT_BUCKET', bucket.bucketName);
    this.#allow(consumer, 's3:GetObject', bucket.arnForObjects(artifacts));
    // Who may not list is told 403 where there is no object, and not 404.
    this.#allow(consumer, 's3:ListBucket', bucket.bucketArn);
    bucket.encryptionKey?.grantDecrypt(consumer);
  }

  grantReadWrite(consumer: Consumer<'ARTIFACT_BUCKET'>): void {
    this.grantRead(consumer);
    this.#allow(consumer, 's3:PutObject', this.#bucket.arnForObjects(artifacts));
    this.#bucket.encryptionKey?.grantEncrypt(consumer);
  }

  #allow(grantee: IGrantable, action: string, resource: string): void {
    Grant.addToPrincipal({ grantee, actions: [action], resourceArns: [resource] });
  }
}
