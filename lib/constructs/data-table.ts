import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  type StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
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

/** The calls of the adapters and no more: nothing scans a table, and only leases are ever deleted. */
const actions = {
  read: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'],
  write: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
  delete: ['dynamodb:DeleteItem'],
};

/** What DynamoDB asks of a caller for a table under a key of the customer. */
const keyActions = {
  read: ['kms:Decrypt', 'kms:DescribeKey'],
  write: ['kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'],
};

/**
 * A table with the key pair `pk`, `sk` that is never deleted with its stack. It is a global table with one replica, so
 * a second region of the zone can join without replacing it.
 */
export class DataTable<Variable extends string> extends Construct {
  readonly table: TableV2;
  readonly #props: DataTableProps<Variable>;

  constructor(scope: Construct, id: string, props: DataTableProps<Variable>) {
    super(scope, id);
    this.#props = props;
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
    this.#grant(consumer, actions.read, keyActions.read);
    if (this.#props.indexes) this.#allow(consumer, ['dynamodb:Query'], '/index/*');
  }

  /** Adds and changes items; whoever may write keeps what others wrote. */
  grantReadWrite(consumer: Consumer<Variable>): void {
    this.grantRead(consumer);
    this.#grant(consumer, actions.write, keyActions.write);
  }

  grantDelete(consumer: Consumer<Variable>): void {
    this.#grant(consumer, actions.delete, keyActions.write);
  }

  /** Scans one sparse index, whose size is bounded by what is open at the moment. */
  grantScanIndex(consumer: Consumer<Variable>, indexName: string): void {
    this.#grant(consumer, [], keyActions.read);
    this.#allow(consumer, ['dynamodb:Scan'], `/index/${indexName}`);
  }

  #grant(consumer: Consumer<Variable>, allowed: readonly string[], ofKey: readonly string[]): void {
    const { variable, tableName, encryptionKey } = this.#props;
    consumer.addEnvironment(variable, tableName);
    if (allowed.length > 0) this.#allow(consumer, allowed);
    encryptionKey?.grant(consumer, ...ofKey);
  }

  #allow(grantee: IGrantable, allowed: readonly string[], path = ''): void {
    Grant.addToPrincipal({ grantee, actions: [...allowed], resourceArns: [`${this.table.tableArn}${path}`] });
  }
}
