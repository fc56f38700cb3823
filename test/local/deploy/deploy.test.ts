import { describe, expect, test } from 'vitest';
import { scope, temporaryFolder } from '../test-context.ts';
import { assembly, open, table, tables } from './small-assembly.ts';

describe('deploying', () => {
  test('creates stacks in the order of their dependencies and passes exports on', async () => {
    const { deployer, services } = open();
    const seen: string[] = [];
    const deployed = await deployer.deploy(
      assembly({
        second: {
          resources: {
            Copy: {
              Type: 'AWS::SecretsManager::Secret',
              Properties: { Name: 'copy', SecretString: { 'Fn::ImportValue': 'first:TableName' } },
            },
          },
          dependsOn: ['first'],
        },
        first: {
          resources: { Registry: table('registry') },
          outputs: { Name: { Value: { Ref: 'Registry' }, Export: { Name: 'first:TableName' } } },
        },
      }),
      { progress: ({ logicalId, done, total }) => seen.push(`${logicalId} ${done}/${total}`) },
    );
    expect(deployed.map(({ stackName }) => stackName)).toEqual(['first', 'second']);
    expect(deployed[0]?.outputs).toEqual({ Name: 'registry' });
    expect(seen).toEqual(['Registry 1/2', 'Copy 2/2']);
    expect(await services.secrets.api.operations['GetSecretValue']?.(scope, { SecretId: 'copy' })).toMatchObject({
      SecretString: 'registry',
    });
  });

  test('creates resources after what they refer to, whatever their order in the template', async () => {
    const { deployer } = open();
    const order: string[] = [];
    await deployer.deploy(
      assembly({
        one: {
          resources: {
            Last: { Type: 'AWS::Logs::LogGroup', DependsOn: 'Middle', Properties: {} },
            Middle: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: { 'Fn::Sub': '/x/${First}' } } },
            First: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: 'first' } },
          },
        },
      }),
      { progress: ({ logicalId }) => order.push(logicalId) },
    );
    expect(order).toEqual(['First', 'Middle', 'Last']);
  });

  test('keeps what is in a table and a secret through another deploy and a restart', async () => {
    const folder = temporaryFolder();
    const first = open(folder);
    const template = assembly({
      one: {
        resources: {
          Registry: table('registry'),
          Key: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'key', GenerateSecretString: {} } },
        },
      },
    });
    await first.deployer.deploy(template);
    await first.services.dynamodb.api.operations['PutItem']?.(scope, {
      TableName: 'registry',
      Item: { pk: { S: 'a' } },
    });
    const secret = await first.services.secrets.api.operations['GetSecretValue']?.(scope, { SecretId: 'key' });
    await first.deployer.deploy(template);
    await first.close();
    const second = open(folder);
    await second.deployer.deploy(template);
    expect(
      await second.services.dynamodb.api.operations['GetItem']?.(scope, {
        TableName: 'registry',
        Key: { pk: { S: 'a' } },
      }),
    ).toMatchObject({ Item: { pk: { S: 'a' } } });
    expect(await second.services.secrets.api.operations['GetSecretValue']?.(scope, { SecretId: 'key' })).toEqual(
      secret,
    );
  });

  test('adds an index to a table that has items', async () => {
    const { deployer, services } = open();
    await deployer.deploy(assembly({ one: { resources: { Registry: table('registry') } } }));
    await services.dynamodb.api.operations['PutItem']?.(scope, {
      TableName: 'registry',
      Item: { pk: { S: 'a' }, zone: { S: 'eu' } },
    });
    const indexed = table('registry', {
      AttributeDefinitions: ['pk', 'zone'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byZone',
          KeySchema: [{ AttributeName: 'zone', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    });
    await deployer.deploy(assembly({ one: { resources: { Registry: indexed } } }));
    const query = {
      TableName: 'registry',
      IndexName: 'byZone',
      KeyConditionExpression: '#z = :z',
      ExpressionAttributeNames: { '#z': 'zone' },
      ExpressionAttributeValues: { ':z': { S: 'eu' } },
    };
    expect(await services.dynamodb.api.operations['Query']?.(scope, query)).toMatchObject({ Count: 1 });
  });

  test('removes what left the template, except what is retained', async () => {
    const { deployer, services } = open();
    const gone = { ...table('gone'), DeletionPolicy: 'Delete' };
    await deployer.deploy(assembly({ one: { resources: { Kept: table('kept'), Gone: gone } } }));
    await deployer.deploy(assembly({ one: { resources: { Log: { Type: 'AWS::Logs::LogGroup', Properties: {} } } } }));
    expect(await tables(services)).toEqual({ TableNames: ['kept'] });
  });

  test('never replaces a table whose key schema changed', async () => {
    const { deployer } = open();
    await deployer.deploy(assembly({ one: { resources: { Registry: table('registry') } } }));
    const other = table('registry', {
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    });
    await expect(deployer.deploy(assembly({ one: { resources: { Registry: other } } }))).rejects.toThrow(
      /stack one, resource Registry .*key schema of table registry cannot be changed/,
    );
  });
});
