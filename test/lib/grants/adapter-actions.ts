import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '#lib/project-root.ts';

/** The permission that each command of the SDK needs; only those that the adapters send. */
export const actionOf: Readonly<Record<string, string>> = {
  Get: 'dynamodb:GetItem',
  BatchGet: 'dynamodb:BatchGetItem',
  Query: 'dynamodb:Query',
  Scan: 'dynamodb:Scan',
  Put: 'dynamodb:PutItem',
  Update: 'dynamodb:UpdateItem',
  Delete: 'dynamodb:DeleteItem',
  GetObject: 's3:GetObject',
  HeadObject: 's3:GetObject',
  PutObject: 's3:PutObject',
  GetSecretValue: 'secretsmanager:GetSecretValue',
  Publish: 'sns:Publish',
  PutMetricData: 'cloudwatch:PutMetricData',
  DescribeAlarms: 'cloudwatch:DescribeAlarms',
  GetMetricData: 'cloudwatch:GetMetricData',
  StartExecution: 'states:StartExecution',
  StopExecution: 'states:StopExecution',
  DescribeExecution: 'states:DescribeExecution',
  GetExecutionHistory: 'states:GetExecutionHistory',
  CreateService: 'ecs:CreateService',
  UpdateService: 'ecs:UpdateService',
  DeleteService: 'ecs:DeleteService',
  DescribeServices: 'ecs:DescribeServices',
  ListServices: 'ecs:ListServices',
  DescribeTaskDefinition: 'ecs:DescribeTaskDefinition',
  RegisterTaskDefinition: 'ecs:RegisterTaskDefinition',
};

/** Names of the commands that the room `aws` sends, as its sources say. */
export const commandsOfAdapters = (): ReadonlySet<string> =>
  new Set(
    globSync('aws/**/*.ts', { cwd: projectRoot })
      .map((file) => readFileSync(join(projectRoot, file), 'utf8'))
      .flatMap((source) => [...source.matchAll(/new ([A-Z][A-Za-z]+)Command\(/g)])
      .flatMap(([, name]) => name ?? []),
  );
