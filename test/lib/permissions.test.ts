import { describe, expect, test } from 'vitest';
import { type CfnTemplate, resolveOrg } from './grants/resolved-org.ts';
import { type SynthesizedOrg, anOrg, resourcesOf, synthOrg } from './synth-org.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

const listOf = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

/** Every allowing statement of a role's own policies, with the id of the policy. */
const statementsOf = ({ all }: SynthesizedOrg): readonly (readonly [string, Statement])[] =>
  all.flatMap((template) =>
    resourcesOf(template)
      .filter(([, { Type }]) => Type === 'AWS::IAM::Policy')
      .flatMap(([id, { Properties }]) => {
        const document = Properties?.['PolicyDocument'] as { Statement: readonly Statement[] };
        return document.Statement.filter(({ Effect }) => Effect === 'Allow').map((one) => [id, one] as const);
      }),
  );

/** Actions that AWS offers no resource for; each one is bounded by what it can do, or by a condition. */
const withoutResource = new Set([
  'cloudwatch:DescribeAlarms',
  'cloudwatch:GetMetricData',
  'cloudwatch:PutMetricData',
  'ecr:GetAuthorizationToken',
  'ecs:DescribeTaskDefinition',
  'ecs:ListServices',
  'ecs:ListTasks',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
]);

const org = synthOrg(anOrg());
const { programs } = resolveOrg(
  org.all.map((one) => one.toJSON() as CfnTemplate),
  anOrg(),
);

/** What every role allows beside what its environment names; that is the matter of `grants/`. */
describe('permissions', () => {
  test('no statement allows every action of a service', () => {
    const wild = statementsOf(org).flatMap(([id, { Action }]) =>
      listOf(Action)
        .filter((action) => action === '*' || action.endsWith(':*'))
        .map((action) => `${id} ${action}`),
    );
    expect(wild).toEqual([]);
  });

  test('only actions that know no resource are allowed on all of them', () => {
    const wide = statementsOf(org)
      .filter(([, { Resource }]) => listOf(Resource).includes('*'))
      .flatMap(([, { Action }]) => listOf(Action));
    expect([...new Set(wide)].filter((action) => !withoutResource.has(action))).toEqual([]);
  });

  test('metrics go into our namespace only', () => {
    const metrics = programs.flatMap(({ allowed }) =>
      allowed.filter(({ action }) => action.startsWith('cloudwatch:Put')),
    );
    expect(metrics).toHaveLength(4);
    for (const { condition } of metrics)
      expect(condition).toEqual({ StringEquals: { 'cloudwatch:namespace': 'Lastgood' } });
  });

  test('roles are passed to ECS tasks only, and only by the function that makes pools', () => {
    const passing = statementsOf(org).filter(([, { Action }]) => listOf(Action).includes('iam:PassRole'));
    expect(passing).toHaveLength(1);
    const [[id, statement] = ['', undefined]] = passing;
    expect(id).toMatch(/^StepsPreparePool/);
    expect(statement?.Condition).toEqual({ StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } });
  });

  test('edge and hosts cannot move a head: they only read the registry', () => {
    const onRegistry = programs
      .filter(({ name }) => name.startsWith('task '))
      .map(({ allowed }) => allowed.filter(({ resource }) => resource.includes('lastgood-registry')));
    expect(onRegistry).toHaveLength(2);
    for (const allowed of onRegistry) {
      expect(allowed.map(({ action }) => action).toSorted()).toEqual([
        'dynamodb:BatchGetItem',
        'dynamodb:GetItem',
        'dynamodb:Query',
      ]);
    }
  });

  test('invariant 4: nothing but leases is ever deleted, so history has no gap that a role could make', () => {
    const deletes = statementsOf(org).filter(([, { Action }]) =>
      listOf(Action).some((action) => /^dynamodb:(DeleteItem|BatchWriteItem|PartiQL)/.test(action)),
    );
    expect(deletes.map(([id]) => id.slice(0, 8)).toSorted()).toEqual(['EdgeTask', 'HostTask']);
    const onTables = programs.flatMap(({ allowed }) =>
      allowed.filter(({ action }) => action === 'dynamodb:DeleteItem'),
    );
    expect(onTables.map(({ resource }) => resource.split('/').at(-1))).toEqual(['lastgood-hosts', 'lastgood-hosts']);
  });

  test('invariant 7: the functions that roll back need no Step Functions and no ECS', () => {
    const needed = programs
      .filter(({ name }) => name === 'function roll-back' || name === 'function weigh-outcome')
      .flatMap(({ allowed }) => allowed.map(({ action }) => action));
    expect(needed.length).toBeGreaterThan(0);
    expect(needed.filter((action) => /^(states|ecs):/.test(action))).toEqual([]);
  });

  test('alarms may publish to both topics: people, and the second route of the roll-back', () => {
    const policies = resourcesOf(org.stateful).filter(([, { Type }]) => Type === 'AWS::SNS::TopicPolicy');
    const publishers = policies.map(([, { Properties }]) => {
      const document = Properties?.['PolicyDocument'] as { Statement: readonly Statement[] };
      return document.Statement.find(({ Effect }) => Effect === 'Allow');
    });
    expect(publishers).toHaveLength(2);
    for (const publisher of publishers) {
      expect(publisher).toMatchObject({
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } },
      });
    }
  });

  test('the operator role is for the account itself, or for the organization that its org names', () => {
    const trust = (one: SynthesizedOrg): unknown =>
      resourcesOf(one.promotion).find(([, { Properties }]) => Properties?.['RoleName'] === 'lastgood-operator')?.[1]
        .Properties?.['AssumeRolePolicyDocument'];
    expect(trust(org)).toMatchObject({
      Statement: [{ Principal: { AWS: 'arn:aws:iam::123456789012:root' } }],
    });
    expect(trust(synthOrg(anOrg({ awsOrganization: 'o-exampleorgid' })))).toMatchObject({
      Statement: [{ Principal: { AWS: '*' }, Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-exampleorgid' } } }],
    });
  });
});
