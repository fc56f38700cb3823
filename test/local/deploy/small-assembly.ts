import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Deployer } from '#local/deploy/deployer.ts';
import { createServices } from '#local/services/registry.ts';
import { scope, temporaryFolder, testContext } from '../test-context.ts';

export const table = (name: string, more: object = {}) => ({
  Type: 'AWS::DynamoDB::Table',
  DeletionPolicy: 'Retain',
  Properties: {
    TableName: name,
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    ...more,
  },
});

/** Writes a cloud assembly with one nested stage. */
export const assembly = (
  stacks: Readonly<Record<string, { resources: object; outputs?: object; dependsOn?: readonly string[] }>>,
): string => {
  const folder = temporaryFolder();
  const stage = join(folder, 'assembly-stage');
  mkdirSync(stage);
  writeFileSync(
    join(folder, 'manifest.json'),
    JSON.stringify({
      version: '1',
      artifacts: { 'assembly-stage': { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-stage' } } },
    }),
  );
  const artifacts = Object.entries(stacks).map(([name, { resources, outputs, dependsOn }]) => {
    writeFileSync(
      join(stage, `${name}.template.json`),
      JSON.stringify({ Resources: resources, Outputs: outputs ?? {} }),
    );
    return [
      name,
      {
        type: 'aws:cloudformation:stack',
        environment: 'aws://111111111111/us-east-1',
        properties: { templateFile: `${name}.template.json`, stackName: name },
        dependencies: dependsOn ?? [],
      },
    ] as const;
  });
  writeFileSync(
    join(stage, 'manifest.json'),
    JSON.stringify({ version: '1', artifacts: Object.fromEntries(artifacts) }),
  );
  return folder;
};

export const open = (folder = temporaryFolder()) => {
  const context = testContext({ folder, durable: true });
  const services = createServices(context);
  const deployer = new Deployer(context, services);
  let closed = false;
  const close = async (): Promise<void> => {
    if (!closed) await services.close();
    closed = true;
  };
  onTestFinished(close);
  return { services, deployer, close };
};

export const tables = async (services: ReturnType<typeof open>['services']): Promise<unknown> =>
  (await services.dynamodb.api.operations['ListTables']?.(scope, {})) as unknown;
