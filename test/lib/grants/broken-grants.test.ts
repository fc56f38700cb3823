import { describe, expect, test } from 'vitest';
import { anOrg, synthOrg } from '../synth-org.ts';
import { exceptions } from './exceptions.ts';
import { grantFindings, isPartOf, nameOf, resourcesNamedBy } from './grant-findings.ts';
import { callFindings } from './required-calls.ts';
import { type CfnTemplate, type Program, type ResolvedOrg, resolveOrg } from './resolved-org.ts';

const place = { account: '123456789012', region: 'eu-central-1' };

interface Small {
  readonly variables: Readonly<Record<string, unknown>>;
  readonly statements: readonly { readonly Action: unknown; readonly Resource: unknown; readonly Effect?: string }[];
}

const roleOf = (statements: Small['statements']): CfnTemplate['Resources'] => ({
  Role: { Type: 'AWS::IAM::Role', Properties: {} },
  Policy: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      Roles: [{ Ref: 'Role' }],
      PolicyDocument: { Statement: statements.map((one) => ({ Effect: 'Allow', ...one })) },
    },
  },
});

/** One function and its role, in one template with one resource of each kind. */
const functionWith = ({ variables, statements }: Small): ResolvedOrg =>
  resolveOrg(
    [
      {
        Resources: {
          ...resources,
          ...roleOf(statements),
          Function: {
            Type: 'AWS::Lambda::Function',
            Properties: {
              FunctionName: 'lastgood-small',
              Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
              Environment: { Variables: variables },
            },
          },
        },
      },
    ],
    place,
  );

/** The same as a task. */
const taskWith = ({ variables, statements }: Small): ResolvedOrg =>
  resolveOrg(
    [
      {
        Resources: {
          ...resources,
          ...roleOf(statements),
          Task: {
            Type: 'AWS::ECS::TaskDefinition',
            Properties: {
              TaskRoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
              ContainerDefinitions: [
                {
                  Name: 'small',
                  Environment: Object.entries(variables).map(([Name, Value]) => ({ Name, Value })),
                },
              ],
            },
          },
        },
      },
    ],
    place,
  );

const resources: CfnTemplate['Resources'] = {
  Table: { Type: 'AWS::DynamoDB::GlobalTable', Properties: { TableName: 'small-table' } },
  Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'small-bucket' } },
  Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'small-topic' } },
  Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'small/secret' } },
  Machine: { Type: 'AWS::StepFunctions::StateMachine', Properties: { StateMachineName: 'small-machine' } },
  Cluster: { Type: 'AWS::ECS::Cluster', Properties: { ClusterName: 'small-cluster' } },
  Other: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'small-other', Role: 'none' } },
};

const kinds = [
  ['a table', 'SMALL_TABLE', 'small-table', 'dynamodb:GetItem', { 'Fn::GetAtt': ['Table', 'Arn'] }],
  [
    'a bucket',
    'SMALL_BUCKET',
    { Ref: 'Bucket' },
    's3:GetObject',
    { 'Fn::Join': ['', [{ 'Fn::GetAtt': ['Bucket', 'Arn'] }, '/*']] },
  ],
  ['a topic', 'SMALL_TOPIC_ARN', { Ref: 'Topic' }, 'sns:Publish', { Ref: 'Topic' }],
  ['a secret', 'SMALL_SECRET', 'small/secret', 'secretsmanager:GetSecretValue', { Ref: 'Secret' }],
  ['a state machine', 'SMALL_STATE_MACHINE', { Ref: 'Machine' }, 'states:StartExecution', { Ref: 'Machine' }],
  [
    'a cluster',
    'CLUSTER',
    'small-cluster',
    'ecs:UpdateService',
    `arn:aws:ecs:eu-central-1:123456789012:service/small-cluster/pool-*`,
  ],
  ['another function', 'OTHER', 'small-other', 'lambda:InvokeFunction', { 'Fn::GetAtt': ['Other', 'Arn'] }],
] as const;

describe.each([
  ['function', functionWith],
  ['task', taskWith],
] as const)('a %s', (program, build) => {
  test.each(kinds)(
    'with %s in its environment and in its role is right',
    (_kind, variable, value, Action, Resource) => {
      const org = build({ variables: { [variable]: value }, statements: [{ Action, Resource }] });
      expect(grantFindings(org, [])).toEqual([]);
    },
  );

  test.each(kinds)('with %s in its environment only is found', (_kind, variable, value) => {
    const org = build({ variables: { [variable]: value }, statements: [] });
    expect(grantFindings(org, [])).toEqual([
      expect.stringMatching(new RegExp(`^${program} small: ${variable} names .*, which its role does not allow$`)),
    ]);
  });

  test.each(kinds)('with %s in its role only is found', (_kind, _variable, _value, Action, Resource) => {
    const org = build({ variables: {}, statements: [{ Action, Resource }] });
    expect(grantFindings(org, [])).toEqual([
      expect.stringMatching(new RegExp(`^${program} small: its role allows ${Action} on .*, which no variable names$`)),
    ]);
  });
});

describe('a role', () => {
  const table = { SMALL_TABLE: 'small-table' };
  const read = { Action: ['dynamodb:GetItem'], Resource: [{ 'Fn::GetAtt': ['Table', 'Arn'] }] };

  test('that denies allows nothing', () => {
    const org = functionWith({ variables: table, statements: [{ ...read, Effect: 'Deny' }] });
    expect(grantFindings(org, [])).toHaveLength(1);
  });

  test.each([
    '*',
    'arn:aws:dynamodb:eu-central-1:123456789012:table/*',
    'arn:aws:dynamodb:eu-central-1:123456789012:table/small-table-2',
  ])('that allows %s allows more than the table that is named', (Resource) => {
    const org = functionWith({ variables: table, statements: [read, { Action: 'dynamodb:GetItem', Resource }] });
    expect(grantFindings(org, [])).toEqual([expect.stringContaining(`on ${Resource}, which no variable names`)]);
  });

  test('with a variable of a table that does not exist is found', () => {
    const org = functionWith({ variables: { SMALL_TABLE: 'smal-table' }, statements: [] });
    expect(grantFindings(org, [])).toEqual([
      'function small: SMALL_TABLE is smal-table, and no resource of the org is called so',
    ]);
  });

  test('an exception covers its action on its resource in its program, and one that nothing needs is found', () => {
    const org = functionWith({ variables: {}, statements: [read] });
    const exception = { actions: ['dynamodb:GetItem'], resource: /small-table$/, because: 'of a test' };
    expect(grantFindings(org, [exception])).toEqual([]);
    const others = [
      { ...exception, program: 'function other' },
      { ...exception, actions: ['dynamodb:PutItem'] },
      { ...exception, resource: /other-table$/ },
    ];
    for (const other of others) expect(grantFindings(org, [other])).toHaveLength(2);
  });
});

/** Every variable of a real org that names a resource, broken one at a time. */
const real = resolveOrg(
  synthOrg(anOrg()).all.map((one) => one.toJSON() as CfnTemplate),
  place,
);
const named = real.programs.flatMap((program) =>
  resourcesNamedBy(program, real).map((one) => ({ ...one, program, name: program.name })),
);
const changed = (name: string, change: (program: Program) => Program): ResolvedOrg => ({
  ...real,
  programs: real.programs.map((program) => (program.name === name ? change(program) : program)),
});

describe('in a real org', () => {
  test('there is something to break', () => {
    expect(named.length).toBeGreaterThanOrEqual(45);
  });

  test.each(named)('$name without the variable $variable is found', ({ name, variable, resource, program }) => {
    const { [variable]: _gone, ...environment } = program.environment;
    const findings = grantFindings(
      changed(name, (one) => ({ ...one, environment })),
      exceptions,
    );
    const ofResource = program.allowed.filter((allowed) => isPartOf(allowed.resource, resource));
    for (const { action, resource: on } of ofResource)
      expect(findings).toContain(`${name}: its role allows ${action} on ${on}, which no variable names`);
    expect(ofResource.length).toBeGreaterThan(0);
  });

  test.each(named)('$name without the permission for $variable is found', ({ name, variable, resource }) => {
    const broken = changed(name, (one) => ({
      ...one,
      allowed: one.allowed.filter((allowed) => !isPartOf(allowed.resource, resource)),
    }));
    expect(grantFindings(broken, exceptions)).toContain(
      `${name}: ${variable} names ${nameOf(resource)}, which its role does not allow`,
    );
  });

  test.each(named)('each action of $name on what $variable names is needed, and one more is too many', (one) => {
    const { name, program, resource } = one;
    for (const gone of program.allowed.filter((allowed) => isPartOf(allowed.resource, resource))) {
      const less = changed(name, (of) => ({ ...of, allowed: of.allowed.filter((allowed) => allowed !== gone) }));
      expect(callFindings(less)).toEqual([
        `${name}: calls ${gone.action} on ${gone.resource}, which its role does not allow`,
      ]);
    }
    const extra = { action: 'any:Action', resource: resource.arn };
    const more = changed(name, (of) => ({ ...of, allowed: [...of.allowed, extra] }));
    expect(callFindings(more)).toEqual([
      `${name}: its role allows any:Action on ${resource.arn}, which it never calls`,
    ]);
  });

  test('a role without its key is found', () => {
    const broken = changed('function promote', (one) => ({
      ...one,
      allowed: one.allowed.filter(({ action }) => action !== 'kms:Decrypt'),
    }));
    expect(callFindings(broken)).toEqual([expect.stringContaining('function promote: calls kms:Decrypt on ')]);
  });
});
