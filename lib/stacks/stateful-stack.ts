import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, ProjectionType, StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { artifactBucketName, resourceNames } from '#core/org/resource-names.ts';
import { DataTable } from '../constructs/data-table.ts';
import { OrgStack, type OrgStackProps } from './org-stack.ts';

/** The tables, split by who may write them (design: one writer's mistake stays in one table). */
export interface DataTables {
  /** Releases, version sets with their history, evidence, promotions. */
  readonly registry: DataTable;
  /** Customers and their overlays. */
  readonly tenancy: DataTable;
  /** One record per call, with its outcome. */
  readonly sessions: DataTable;
  /** Leases of hosts and edges. */
  readonly hosts: DataTable;
}

/**
 * Everything that must outlive a deploy. Construct ids in this file are a contract: changing one replaces the
 * resource, and every resource here is retained on delete.
 */
export class StatefulStack extends OrgStack {
  readonly tables: DataTables;
  readonly artifacts: IBucket;
  readonly sessionKey: ISecret;
  readonly telephony: ISecret;
  /** People. */
  readonly pages: ITopic;
  /** Second route of the canary's alarms to the roll-back function. */
  readonly alarms: ITopic;
  /** Customer-managed in production; a staging org uses the keys that the services own. */
  readonly key: IKey | undefined;

  constructor(scope: Construct, id: string, props: OrgStackProps) {
    super(scope, id, {
      org: props.org,
      description: 'Lastgood: tables, artifacts, secrets and topics of an org',
      stateful: true,
    });
    this.key = props.org.stage === 'production' ? this.createKey() : undefined;
    this.tables = this.createTables();
    this.artifacts = this.createArtifactBucket();
    this.sessionKey = this.createSecret(
      'SessionKey',
      resourceNames.sessionKeySecret,
      'Signs tickets and tokens (HS256)',
    );
    this.telephony = this.createTelephonySecret();
    this.pages = this.createTopic('Pages', resourceNames.pagesTopic);
    this.alarms = this.createTopic('Alarms', resourceNames.alarmsTopic);
  }

  private createKey(): IKey {
    const key = new Key(this, 'Key', {
      alias: 'lastgood/data',
      description: 'Tables, artifacts and topics of Lastgood',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    // An alarm publishes to an encrypted topic only when CloudWatch itself may use the key.
    key.grant(new ServicePrincipal('cloudwatch.amazonaws.com'), 'kms:Decrypt', 'kms:GenerateDataKey*');
    return key;
  }

  private createTables(): DataTables {
    const key = this.key && { encryptionKey: this.key };
    return {
      registry: new DataTable(this, 'Registry', { tableName: resourceNames.registryTable, ...key }),
      tenancy: new DataTable(this, 'Tenancy', { tableName: resourceNames.tenancyTable, ...key }),
      sessions: new DataTable(this, 'Sessions', {
        tableName: resourceNames.sessionsTable,
        ...key,
        timeToLiveAttribute: 'expiresAt',
        stream: StreamViewType.NEW_AND_OLD_IMAGES,
        indexes: [
          {
            indexName: 'byService',
            partitionKey: { name: 'gsi1pk', type: AttributeType.STRING },
            sortKey: { name: 'gsi1sk', type: AttributeType.STRING },
            projectionType: ProjectionType.ALL,
          },
          {
            indexName: 'openByHost',
            partitionKey: { name: 'openHostId', type: AttributeType.STRING },
            sortKey: { name: 'startedAt', type: AttributeType.STRING },
            projectionType: ProjectionType.ALL,
          },
        ],
      }),
      hosts: new DataTable(this, 'Hosts', {
        tableName: resourceNames.hostsTable,
        ...key,
        timeToLiveAttribute: 'expiresAt',
      }),
    };
  }

  private createArtifactBucket(): IBucket {
    // aws-cdk-lib is compiled without exactOptionalPropertyTypes, so its classes need a hint to be their own interfaces.
    return new Bucket(this, 'Artifacts', {
      bucketName: artifactBucketName(this.account, this.region),
      versioned: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
      ...(this.key
        ? { encryption: BucketEncryption.KMS, encryptionKey: this.key, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
    }) as IBucket;
  }

  private createTopic(id: string, topicName: string): ITopic {
    const topic = new Topic(this, id, { topicName, enforceSSL: true, ...(this.key && { masterKey: this.key }) });
    // A policy of its own takes the place of the one that lets alarms of the account publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'PublishedByAlarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': this.account },
          ArnLike: { 'aws:SourceArn': this.formatArn({ service: 'cloudwatch', resource: 'alarm:lastgood-*' }) },
        },
      }),
    );
    return topic;
  }

  private createSecret(id: string, secretName: string, description: string): ISecret {
    return new Secret(this, id, {
      secretName,
      description,
      removalPolicy: RemovalPolicy.RETAIN,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    }) as ISecret;
  }

  /** Generated, so that a webhook without a valid signature is refused until the provider's own token is written here. */
  private createTelephonySecret(): ISecret {
    return new Secret(this, 'Telephony', {
      secretName: resourceNames.telephonySecret,
      description: 'Auth token of the telephony provider, which signs its webhooks',
      removalPolicy: RemovalPolicy.RETAIN,
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'authToken',
        passwordLength: 32,
        excludePunctuation: true,
      },
    }) as ISecret;
  }
}
