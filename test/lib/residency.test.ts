import { CfnResource } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { isLastgoodError } from '#core/errors.ts';
import { OrgStage } from '#lib/stages/org-stage.ts';
import { anApp, anOrg } from './synth-org.ts';

/** Synthesizes an org with one more resource and answers what it was refused for. */
const refusalOf = (type: string, properties: Record<string, unknown>): string => {
  const app = anApp();
  const stage = new OrgStage(app, 'acme-test', { org: anOrg() });
  void new CfnResource(stage.stateful, 'Extra', { type, properties });
  try {
    app.synth();
    return 'accepted';
  } catch (error) {
    if (isLastgoodError(error, 'outside-zone')) return error.message;
    throw error;
  }
};

describe('invariant 10: nothing outside the residency zone', () => {
  test.each([
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
  ])('synth refuses %s', (_case, type, properties, named) => {
    expect(refusalOf(type, properties)).toContain(named);
  });

  test.each([
    ['a replica inside the zone', 'AWS::DynamoDB::GlobalTable', { Replicas: [{ Region: 'eu-west-1' }] }],
    ['the model route of its own zone', 'AWS::SSM::Parameter', { Type: 'String', Value: 'eu.anthropic.claude-sonnet' }],
  ])('synth accepts %s', (_case, type, properties) => {
    expect(refusalOf(type, properties)).toBe('accepted');
  });
});
