import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  type StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Consumer } from './consumer.ts';

export interface DataTableProps<Variable extends string> {
  readonly tableName: string;
  /** Environment variable that holds the table's name. */
  readonly variable: Variable;
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
export class DataTable<Variable extends string> extends Construct {
  readonly table: TableV2;
  private readonly props: DataTableProps<Variable>;

  constructor(scope: Construct, id: string, props: DataTableProps<Variable>) {
    super(scope, id);
    this.props = props;
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
  grantRead(consumer: Consumer<Variable>): void {
    this.grant(consumer, readActions);
  }

  grantReadWrite(consumer: Consumer<Variable>): void {
    this.grant(consumer, [...readActions, ...writeActions]);
  }

  /** Scans one sparse index, whose size is bounded by what is open at the moment. */
  grantScanIndex(consumer: Consumer<Variable>, indexName: string): void {
    consumer.addEnvironment(this.props.variable, this.props.tableName);
    Grant.addToPrincipal({
      grantee: consumer,
      actions: ['dynamodb:Scan'],
      resourceArns: [`${this.table.tableArn}/index/${indexName}`],
    });
  }

  private grant(consumer: Consumer<Variable>, actions: string[]): void {
    const { variable, tableName, encryptionKey } = this.props;
    const arn = this.table.tableArn;
    consumer.addEnvironment(variable, tableName);
    Grant.addToPrincipal({ grantee: consumer, actions, resourceArns: [arn, `${arn}/index/*`] });
    encryptionKey?.grantEncryptDecrypt(consumer);
  }
}
