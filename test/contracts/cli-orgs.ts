import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type OrgAccess, accessOrg } from '#cli/org/org-access.ts';
import { parseOrg } from '#core/org/org.ts';
import { artifactBucketName, resourceNames } from '#core/org/resource-names.ts';
import { startCloud } from '#local/cloud.ts';
import { type Copy, emptyFolder } from '../examples/agent-copy.ts';

export const projectRoot = new URL('../../', import.meta.url).pathname;

/** Orgs on an embedded cloud, with what the command line needs of them; this process reaches AWS through it. */
export interface CliOrgs extends AsyncDisposable {
  /** Folder of the org files. */
  readonly folder: Copy;
  /** In the order of the names. */
  readonly accesses: readonly OrgAccess[];
}

const environment = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'operator', AWS_SECRET_ACCESS_KEY: 'test' };

export const orgFile = (name: string, account: string): string =>
  JSON.stringify({ name, account, region: 'us-east-1', zone: 'us', services: [{ name: 'appointments' }] });

export const startCliOrgs = async (names: readonly string[]): Promise<CliOrgs> => {
  const cloud = await startCloud({ port: 0, projectRoot });
  Object.assign(process.env, environment, { AWS_ENDPOINT_URL: cloud.endpoint });
  const folder = await emptyFolder();
  const accesses = await Promise.all(names.map((name, index) => createOrg(folder, name, String(444444444444 + index))));
  return {
    folder,
    accesses,
    [Symbol.asyncDispose]: async () => {
      for (const { connection } of accesses) connection.close();
      await cloud.close();
      await folder[Symbol.asyncDispose]();
      delete process.env['AWS_ENDPOINT_URL'];
    },
  };
};

const createOrg = async (folder: Copy, name: string, account: string): Promise<OrgAccess> => {
  const text = orgFile(name, account);
  await folder.write(`${name}.yaml`, text);
  const access = accessOrg(parseOrg(JSON.parse(text), name));
  const { region } = access.org;
  await access.connection
    .client(S3Client)
    .send(new CreateBucketCommand({ Bucket: artifactBucketName(account, region) }));
  for (const TableName of [resourceNames.registryTable, resourceNames.hostsTable]) {
    await access.connection.client(DynamoDBClient).send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    );
  }
  return access;
};
