import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  type StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

export interface DataTableProps {
  readonly tableName: string;
  /** @default - encrypted with the key that DynamoDB owns */
  readonly encryptionKey?: IKey;
  /** Attribute with epoch seconds after which DynamoDB deletes an item. @default - items stay */
  readonly timeToLiveAttribute?: string;
  /** @default - no stream */
  readonly stream?: StreamViewType;
  /** @default - none */
  readonly indexes?: readonly GlobalSecondaryIndexPropsV2[];
}

const readActions = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:DescribeTable'];
const writeActions = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:BatchWriteItem'];

/**
 * A table with the key pair `pk`, `sk` that is never deleted with its stack. It is a global table with one replica, so
 * a second region of the zone can join without replacing it.
 */
export class DataTable extends Construct {
  readonly table: TableV2;
  readonly tableName: string;
  private readonly encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, props: DataTableProps) {
    super(scope, id);
    this.tableName = props.tableName;
    this.encryptionKey = props.encryptionKey;
    this.table = new TableV2(this, 'Table', {
      tableName: props.tableName,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      encryption: props.encryptionKey
        ? TableEncryptionV2.customerManagedKey(props.encryptionKey)
        : TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      ...(props.timeToLiveAttribute !== undefined && { timeToLiveAttribute: props.timeToLiveAttribute }),
      ...(props.stream !== undefined && { dynamoStream: props.stream }),
      ...(props.indexes !== undefined && { globalSecondaryIndexes: [...props.indexes] }),
    });
  }

  /** Reads by key: items and queries. There is no scan in it. */
  grantRead(grantee: IGrantable): void {
    this.grant(grantee, readActions);
  }

  grantReadWrite(grantee: IGrantable): void {
    this.grant(grantee, [...readActions, ...writeActions]);
  }

  /** Scans one sparse index, whose size is bounded by what is open at the moment. */
  grantScanIndex(grantee: IGrantable, indexName: string): void {
    Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:Scan'],
      resourceArns: [`${this.table.tableArn}/index/${indexName}`],
    });
  }

  private grant(grantee: IGrantable, actions: string[]): void {
    const arn = this.table.tableArn;
    Grant.addToPrincipal({ grantee, actions, resourceArns: [arn, `${arn}/index/*`] });
    if (this.encryptionKey) this.encryptionKey.grantEncryptDecrypt(grantee);
  }
}
