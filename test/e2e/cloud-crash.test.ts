import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, test, onTestFinished } from 'vitest';
import { folderWith, isAlive, scope } from './cloud/bundle.ts';

const functionArn = 'arn:aws:lambda:us-east-1:111111111111:function:step';

const resources = (taskScript: string) => ({
  Registry: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      TableName: 'registry',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: ['pk', 'host'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byHost',
          KeySchema: [{ AttributeName: 'host', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    },
  },
  Artifacts: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'artifacts' } },
  SessionKey: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'key', GenerateSecretString: {} } },
  Step: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      FunctionName: 'step',
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Timeout: 60,
      Code: { S3Bucket: 'assets', S3Key: 'code.zip' },
    },
  },
  Machine: {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      StateMachineName: 'promotion',
      DefinitionString: JSON.stringify({
        StartAt: 'Step',
        States: { Step: { Type: 'Task', Resource: functionArn, End: true } },
      }),
    },
  },
  Cluster: { Type: 'AWS::ECS::Cluster', Properties: { ClusterName: 'lastgood' } },
  Task: {
    Type: 'AWS::ECS::TaskDefinition',
    Properties: {
      Family: 'edge',
      ContainerDefinitions: [{ Name: 'edge', Image: 'edge', Command: ['node', taskScript] }],
    },
  },
  Edge: {
    Type: 'AWS::ECS::Service',
    Properties: { ServiceName: 'edge', Cluster: { Ref: 'Cluster' }, TaskDefinition: { Ref: 'Task' }, DesiredCount: 2 },
  },
});

/** The step ends at once when FAST is there, and otherwise when its process does. */
const stepCode = (marker: string): string => `import { existsSync } from 'node:fs';
export const handler = async (event) => { while (!existsSync(${JSON.stringify(marker)})) await new Promise((r) => setTimeout(r, 50)); return { done: event }; };`;

const assembly = (code: string, taskScript: string): string => {
  const folder = folderWith('manifest.json', '');
  const stack = {
    type: 'aws:cloudformation:stack',
    environment: 'aws://111111111111/us-east-1',
    properties: { templateFile: 'one.template.json', stackName: 'one' },
    dependencies: ['one.assets'],
  };
  writeFileSync(
    join(folder, 'manifest.json'),
    JSON.stringify({
      artifacts: { 'one.assets': { type: 'cdk:asset-manifest', properties: { file: 'one.assets.json' } }, one: stack },
    }),
  );
  writeFileSync(join(folder, 'one.template.json'), JSON.stringify({ Resources: resources(taskScript) }));
  writeFileSync(
    join(folder, 'one.assets.json'),
    JSON.stringify({
      files: {
        code: {
          source: { path: 'code', packaging: 'zip' },
          destinations: { here: { bucketName: 'assets', objectKey: 'code.zip' } },
        },
      },
    }),
  );
  mkdirSync(join(folder, 'code'));
  writeFileSync(join(folder, 'code', 'index.mjs'), code);
  return folder;
};

interface CloudProcess {
  readonly endpoint: string;
  readonly child: ChildProcess;
  readonly processes: () => Promise<{ pid: number; name: string }[]>;
  /** Pids of what its tasks have started. */
  readonly grandchildren: readonly number[];
}

const startCloudProcess = async (dataDir: string, assemblyFolder: string): Promise<CloudProcess> => {
  const child = fork(join(import.meta.dirname, 'cloud', 'cloud-process.ts'), [dataDir, assemblyFolder], {
    silent: true,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const grandchildren: number[] = [];
  child.stderr?.on('data', (data: Buffer) => {
    for (const [, pid] of data.toString().matchAll(/^child (\d+)$/gm)) grandchildren.push(Number(pid));
  });
  const [data] = (await once(child.stdout!, 'data')) as [Buffer];
  const { endpoint } = JSON.parse(data.toString()) as { endpoint: string };
  const processes = async () => {
    const answer = once(child, 'message');
    child.send('processes');
    return ((await answer) as [{ pid: number; name: string }[]])[0];
  };
  return { endpoint, child, processes, grandchildren };
};

const settings = (endpoint: string) => ({
  endpoint,
  region: scope.region,
  credentials: { accessKeyId: scope.account, secretAccessKey: 'x' },
  maxAttempts: 1,
});

describe('a cloud that is killed with -9', () => {
  test('takes its lambdas and tasks with it, also what these have started, and leaves its data whole', async () => {
    const marker = join(folderWith('x', ''), 'go');
    const taskScript = join(
      folderWith(
        'task.mjs',
        `import { spawn } from 'node:child_process'; const c = spawn(process.execPath, ['-e', 'for(;;);']); console.log('child ' + c.pid); process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`,
      ),
      'task.mjs',
    );
    const folder = assembly(stepCode(marker), taskScript);
    const dataDir = folderWith('keep', '');
    const first = await startCloudProcess(dataDir, folder);
    const aws = settings(first.endpoint);
    await new DynamoDBClient(aws).send(
      new PutItemCommand({
        TableName: 'registry',
        Item: { pk: { S: 'head' }, host: { S: 'h' }, revision: { N: '7' } },
      }),
    );
    await new S3Client({ ...aws, forcePathStyle: true }).send(
      new PutObjectCommand({ Bucket: 'artifacts', Key: 'sha256/a', Body: 'bytes' }),
    );
    const secret = (await new SecretsManagerClient(aws).send(new GetSecretValueCommand({ SecretId: 'key' })))
      .SecretString;
    const { executionArn } = await new SFNClient(aws).send(
      new StartExecutionCommand({
        stateMachineArn: 'arn:aws:states:us-east-1:111111111111:stateMachine:promotion',
        name: 'p1',
        input: '{"a":1}',
      }),
    );
    await expect
      .poll(async () => (await first.processes()).map(({ name }) => name.split(' ')[0]).sort(), { timeout: 15_000 })
      .toEqual(['lambda', 'task', 'task']);
    await expect.poll(() => first.grandchildren.length, { timeout: 5_000 }).toBe(2);
    const pids = [...(await first.processes()).map(({ pid }) => pid), ...first.grandchildren];
    expect(pids.filter(isAlive)).toHaveLength(5);

    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    await expect.poll(() => pids.filter(isAlive), { timeout: 5_000 }).toEqual([]);

    writeFileSync(marker, '');
    const second = await startCloudProcess(dataDir, folder);
    const again = settings(second.endpoint);
    const dynamodb = new DynamoDBClient(again);
    expect(
      (await dynamodb.send(new GetItemCommand({ TableName: 'registry', Key: { pk: { S: 'head' } } }))).Item?.[
        'revision'
      ],
    ).toEqual({ N: '7' });
    expect(
      (
        await dynamodb.send(
          new QueryCommand({
            TableName: 'registry',
            IndexName: 'byHost',
            KeyConditionExpression: 'host = :h',
            ExpressionAttributeValues: { ':h': { S: 'h' } },
          }),
        )
      ).Count,
    ).toBe(1);
    expect(
      await (
        await new S3Client({ ...again, forcePathStyle: true }).send(
          new GetObjectCommand({ Bucket: 'artifacts', Key: 'sha256/a' }),
        )
      ).Body?.transformToString(),
    ).toBe('bytes');
    expect(
      (await new SecretsManagerClient(again).send(new GetSecretValueCommand({ SecretId: 'key' }))).SecretString,
    ).toBe(secret);
    const sfn = new SFNClient(again);
    await expect
      .poll(async () => (await sfn.send(new DescribeExecutionCommand({ executionArn }))).output, { timeout: 15_000 })
      .toBe('{"done":{"a":1}}');
    const service = async () =>
      (await new ECSClient(again).send(new DescribeServicesCommand({ cluster: 'lastgood', services: ['edge'] })))
        .services?.[0];
    await expect.poll(async () => (await service())?.runningCount, { timeout: 10_000 }).toBe(2);
    expect((await service())?.taskDefinition).toMatch(/task-definition\/edge:1$/);
    const answer = await new LambdaClient(again).send(new InvokeCommand({ FunctionName: 'step', Payload: '{"b":2}' }));
    expect(answer.Payload?.transformToString()).toBe('{"done":{"b":2}}');

    const left = (await second.processes()).map(({ pid }) => pid);
    const closed = once(second.child, 'message');
    second.child.send('close');
    expect((await closed)[0]).toBe('closed');
    expect(left.filter(isAlive)).toEqual([]);
  });
});
