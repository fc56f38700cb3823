import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, ProjectionType, StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { artifactBucketName, resourceNames } from '#core/org/resource-names.ts';
import { AlarmTopic, PagesTopic } from '../constructs/alarm-topic.ts';
import { ArtifactBucket } from '../constructs/artifact-bucket.ts';
import { DataTable } from '../constructs/data-table.ts';
import type { DataTables, OrgData } from '../constructs/org-resources.ts';
import { OrgSecret } from '../constructs/org-secret.ts';
import { OrgStack, type OrgStackProps } from './org-stack.ts';

/**
 * Everything that must outlive a deploy. Construct ids in this file are a contract: changing one replaces the
 * resource, and every resource here is retained on delete.
 */
export class StatefulStack extends OrgStack implements OrgData {
  readonly tables: DataTables;
  readonly artifacts: ArtifactBucket;
  readonly sessionKey: OrgSecret<'SESSION_KEY_SECRET'>;
  readonly telephony: OrgSecret<'TELEPHONY_SECRET'>;
  readonly pages: PagesTopic;
  readonly alarms: AlarmTopic;
  /** Customer-managed in production; a staging org uses the keys that the services own. */
  readonly key: IKey | undefined;

  constructor(scope: Construct, id: string, props: OrgStackProps) {
    super(scope, id, {
      org: props.org,
      description: 'Lastgood: tables, artifacts, secrets and topics of an org',
      stateful: true,
    });
    this.key = props.org.stage === 'production' ? this.#createKey() : undefined;
    const encrypted = this.key && { encryptionKey: this.key };
    this.tables = this.#createTables();
    this.artifacts = new ArtifactBucket(this, 'Artifacts', {
      bucketName: artifactBucketName(this.account, this.region),
      ...encrypted,
    });
    this.sessionKey = new OrgSecret(this, 'SessionKey', {
      secretName: resourceNames.sessionKeySecret,
      variable: 'SESSION_KEY_SECRET',
      description: 'Signs tickets and tokens (HS256)',
      generate: { passwordLength: 64, excludePunctuation: true },
    });
    this.telephony = this.#createTelephonySecret();
    this.pages = new PagesTopic(this, 'Pages', { topicName: resourceNames.pagesTopic, ...encrypted });
    this.pages.addContacts(props.org.contacts);
    this.alarms = new AlarmTopic(this, 'Alarms', { topicName: resourceNames.alarmsTopic, ...encrypted });
  }

  #createKey(): IKey {
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

  #createTables(): DataTables {
    const key = this.key && { encryptionKey: this.key };
    return {
      registry: new DataTable(this, 'Registry', {
        tableName: resourceNames.registryTable,
        variable: 'REGISTRY_TABLE',
        ...key,
        // Of what people were told; a head or a release never expires.
        timeToLiveAttribute: 'expiresAt',
        stream: StreamViewType.NEW_AND_OLD_IMAGES,
      }),
      tenancy: new DataTable(this, 'Tenancy', {
        tableName: resourceNames.tenancyTable,
        variable: 'TENANCY_TABLE',
        ...key,
      }),
      sessions: new DataTable(this, 'Sessions', {
        tableName: resourceNames.sessionsTable,
        variable: 'SESSIONS_TABLE',
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
            // By the moment of the latest write: so a judge reads what is new, however long the calls last.
            indexName: 'byChange',
            partitionKey: { name: 'gsi1pk', type: AttributeType.STRING },
            sortKey: { name: 'changedAt', type: AttributeType.STRING },
            projectionType: ProjectionType.INCLUDE,
            nonKeyAttributes: ['gsi1sk', 'assignment', 'countsInTest', 'openedAt', 'aliveUntil', 'result'],
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
        variable: 'HOSTS_TABLE',
        ...key,
        timeToLiveAttribute: 'expiresAt',
      }),
    };
  }

  /** Generated, so that a webhook without a valid signature is refused until the provider's own token is written here. */
  #createTelephonySecret(): OrgSecret<'TELEPHONY_SECRET'> {
    return new OrgSecret(this, 'Telephony', {
      secretName: resourceNames.telephonySecret,
      variable: 'TELEPHONY_SECRET',
      description: 'Auth token of the telephony provider, which signs its webhooks',
      generate: {
        secretStringTemplate: '{}',
        generateStringKey: 'authToken',
        passwordLength: 32,
        excludePunctuation: true,
      },
    });
  }
}
