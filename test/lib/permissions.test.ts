import { beforeAll, describe, expect, it } from 'vitest';
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

describe('permissions', () => {
  let org: SynthesizedOrg;
  beforeAll(() => {
    org = synthOrg(anOrg());
  });

  it('no statement allows every action of a service', () => {
    const wild = statementsOf(org).flatMap(([id, { Action }]) =>
      listOf(Action)
        .filter((action) => action === '*' || action.endsWith(':*'))
        .map((action) => `${id} ${action}`),
    );
    expect(wild).toEqual([]);
  });

  it('only actions that know no resource are allowed on all of them', () => {
    const wide = statementsOf(org)
      .filter(([, { Resource }]) => listOf(Resource).includes('*'))
      .flatMap(([, { Action }]) => listOf(Action));
    expect([...new Set(wide)].filter((action) => !withoutResource.has(action))).toEqual([]);
  });

  it('metrics go into our namespace only', () => {
    const metrics = statementsOf(org).filter(([, { Action }]) => listOf(Action).includes('cloudwatch:PutMetricData'));
    expect(metrics).toHaveLength(2);
    for (const [, { Condition }] of metrics)
      expect(Condition).toEqual({ StringEquals: { 'cloudwatch:namespace': 'Lastgood' } });
  });

  it('roles are passed to ECS tasks only, and only by the function that makes pools', () => {
    const passing = statementsOf(org).filter(([, { Action }]) => listOf(Action).includes('iam:PassRole'));
    expect(passing).toHaveLength(1);
    const [[id, statement] = ['', undefined]] = passing;
    expect(id).toMatch(/^StepsPreparePool/);
    expect(statement?.Condition).toEqual({ StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } });
  });

  it('edge and hosts cannot move a head: they only read the registry', () => {
    const registry = 'ExportsOutputFnGetAttRegistryTable';
    const writes = statementsOf(org).filter(
      ([id, { Action, Resource }]) =>
        /^(EdgeTask|HostTask)/.test(id) &&
        JSON.stringify(Resource).includes(registry) &&
        listOf(Action).some((action) => /^dynamodb:(Put|Update|Delete|BatchWrite)/.test(action)),
    );
    expect(writes).toEqual([]);
    const reads = statementsOf(org).filter(
      ([id, { Resource }]) => /^(EdgeTask|HostTask)/.test(id) && JSON.stringify(Resource).includes(registry),
    );
    expect(reads).toHaveLength(2);
  });

  it('invariant 7: the functions that roll back need no Step Functions and no ECS', () => {
    const needed = statementsOf(org)
      .filter(([id]) => /^SafetyNet(RollBack|WeighOutcome)/.test(id))
      .flatMap(([, { Action }]) => listOf(Action));
    expect(needed.length).toBeGreaterThan(0);
    expect(needed.filter((action) => /^(states|ecs):/.test(action))).toEqual([]);
  });

  it('alarms may publish to both topics: people, and the second route of the roll-back', () => {
    const policies = resourcesOf(org.stateful).filter(([, { Type }]) => Type === 'AWS::SNS::TopicPolicy');
    const publishers = policies.map(([, { Properties }]) => {
      const document = Properties?.['PolicyDocument'] as { Statement: readonly Statement[] };
      return document.Statement.find(({ Effect }) => Effect === 'Allow');
    });
    expect(publishers).toHaveLength(2);
    for (const publisher of publishers)
      expect(publisher).toMatchObject({
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } },
      });
  });

  it('the operator role is for the account itself, or for the organization that its org names', () => {
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
