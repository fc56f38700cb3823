import { type App, CfnResource } from 'aws-cdk-lib';
import { beforeAll, describe, expect, test } from 'vitest';
import { isLastgoodError } from '#core/errors.ts';
import { OrgStage } from '#lib/stages/org-stage.ts';
import { anApp, anOrg } from './synth-org.ts';

type Case = readonly [name: string, type: string, properties: Record<string, unknown>, named: string];

/** An org with a resource per case, `Extra0`, `Extra1`, … */
const stageWith = (app: App, cases: readonly (readonly [string, string, Record<string, unknown>, ...string[]])[]) => {
  const stage = new OrgStage(app, 'acme-test', { org: anOrg() });
  for (const [index, [, type, properties]] of cases.entries())
    void new CfnResource(stage.stateful, `Extra${index}`, { type, properties });
  return stage;
};

/** Every place that the synthesis of the whole app was refused for. */
const violationsOf = (cases: readonly Case[]): readonly string[] => {
  const app = anApp();
  stageWith(app, cases);
  try {
    app.synth();
    return [];
  } catch (error) {
    if (isLastgoodError(error, 'outside-zone')) return (error.details as { violations: readonly string[] }).violations;
    throw error;
  }
};

const outside: readonly Case[] = [
  ['a replica of a table', 'AWS::DynamoDB::GlobalTable', { Replicas: [{ Region: 'us-east-1' }] }, 'us-east-1'],
  [
    'replication of a bucket',
    'AWS::S3::Bucket',
    { ReplicationConfiguration: { Rules: [{ Destination: { Bucket: 'arn:aws:s3:::copy-ap-northeast-1' } }] } },
    'ap-northeast-1',
  ],
  [
    'a replica of a secret',
    'AWS::SecretsManager::Secret',
    { ReplicaRegions: [{ Region: 'eu-north-1' }] },
    'eu-north-1',
  ],
  [
    'an ARN in another region',
    'AWS::SNS::Subscription',
    { Protocol: 'sqs', TopicArn: 'arn:aws:sns:us-west-2:123456789012:pages' },
    'us-west-2',
  ],
  [
    'a model route that leaves the zone',
    'AWS::SSM::Parameter',
    { Type: 'String', Value: 'us.anthropic.claude-sonnet' },
    'us.anthropic.',
  ],
  [
    'a model route over the whole world',
    'AWS::SSM::Parameter',
    { Type: 'String', Value: 'global.anthropic.claude-sonnet' },
    'global.anthropic.',
  ],
  ['a resource without a home region', 'AWS::CloudFront::Distribution', {}, 'no home region'],
];

const inside = [
  ['a replica inside the zone', 'AWS::DynamoDB::GlobalTable', { Replicas: [{ Region: 'eu-west-1' }] }],
  ['the model route of its own zone', 'AWS::SSM::Parameter', { Type: 'String', Value: 'eu.anthropic.claude-sonnet' }],
] as const;

describe('invariant 10: nothing outside the residency zone', () => {
  let violations: readonly string[];
  beforeAll(() => {
    violations = violationsOf(outside);
  });

  test.each(outside.map(([name, , , named], index) => [name, index, named] as const))(
    'synth refuses %s',
    (_name, index, named) => {
      expect(violations.filter((place) => place.includes(`Resources.Extra${index}.`)).join()).toContain(named);
    },
  );

  test('synth refuses nothing else', () => {
    expect(violations.filter((place) => !/Resources\.Extra\d\./.test(place))).toEqual([]);
  });

  test(`synth accepts ${inside.map(([name]) => name).join(' and ')}`, () => {
    // Of the org alone: the rest of an app's synthesis takes seconds and has no say in this.
    expect(() => stageWith(anApp(), inside).synth()).not.toThrow();
  });
});
