import { Match } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { type SynthesizedOrg, anOrg, expectEach, expectResource, resourcesOf, synthOrg } from './synth-org.ts';

const retained = new Set([
  'AWS::DynamoDB::GlobalTable',
  'AWS::S3::Bucket',
  'AWS::KMS::Key',
  'AWS::SecretsManager::Secret',
]);

describe('an org as CloudFormation', () => {
  let org: SynthesizedOrg;
  beforeAll(() => {
    org = synthOrg(anOrg());
  });

  test('keeps the ids of what holds data: another id would replace it', () => {
    const ids = resourcesOf(org.stateful).map(([id, { Type }]) => `${Type} ${id}`);
    expect(ids.toSorted()).toMatchSnapshot();
  });

  test('retains and protects what holds data', () => {
    const stateful = resourcesOf(org.stateful).filter(([, { Type }]) => retained.has(Type));
    expect(stateful).toHaveLength(8);
    for (const [, { DeletionPolicy }] of stateful) expect(DeletionPolicy).toBe('Retain');
    expectEach(org.stateful, 'AWS::DynamoDB::GlobalTable', {
      BillingMode: 'PAY_PER_REQUEST',
      Replicas: [
        Match.objectLike({
          Region: 'eu-central-1',
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        }),
      ],
    });
    expect(org.stage.stateful.terminationProtection).toBe(true);
  });

  test('expires session records and leases, and streams sessions with both images', () => {
    expectResource(org.stateful, 'AWS::DynamoDB::GlobalTable', {
      TableName: 'lastgood-sessions',
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      GlobalSecondaryIndexes: [
        Match.objectLike({ IndexName: 'byService' }),
        Match.objectLike({ IndexName: 'byChange' }),
        Match.objectLike({ IndexName: 'openByHost' }),
      ],
    });
    expectResource(org.stateful, 'AWS::DynamoDB::GlobalTable', {
      TableName: 'lastgood-hosts',
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
  });

  test('lets nothing into the artifact bucket in the clear or from outside', () => {
    expectResource(org.stateful, 'AWS::S3::Bucket', {
      BucketName: 'lastgood-artifacts-123456789012-eu-central-1',
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    expectResource(org.stateful, 'AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  test('gives hosts no way out of the network: no NAT, and no route but to endpoints', () => {
    org.dataPlane.resourceCountIs('AWS::EC2::NatGateway', 0);
    const routes = resourcesOf(org.dataPlane).filter(([, { Type }]) => Type === 'AWS::EC2::Route');
    expect(routes.map(([id]) => id).filter((id) => id.includes('calls'))).toEqual([]);
    expectResource(org.dataPlane, 'AWS::ECS::Service', {
      NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED' } },
    });
  });

  test('lets a leaving edge keep its calls and never cuts a quiet one', () => {
    expectResource(org.dataPlane, 'AWS::ElasticLoadBalancingV2::TargetGroup', {
      TargetGroupAttributes: Match.arrayWith([
        { Key: 'deregistration_delay.timeout_seconds', Value: '3600' },
        { Key: 'deregistration_delay.connection_termination.enabled', Value: 'false' },
      ]),
    });
    expectResource(org.dataPlane, 'AWS::ElasticLoadBalancingV2::Listener', {
      ListenerAttributes: [{ Key: 'tcp.idle_timeout.seconds', Value: '6000' }],
    });
    expectResource(org.dataPlane, 'AWS::ECS::Service', {
      DeploymentConfiguration: {
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
      },
    });
    expectEach(org.dataPlane, 'AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({ StopTimeout: 120 })],
    });
  });

  test('creates no pool: the control plane does, so a deploy in the middle of a canary moves no call', () => {
    const services = resourcesOf(org.dataPlane).filter(([, { Type }]) => Type === 'AWS::ECS::Service');
    expect(services.map(([, { Properties }]) => Properties?.['ServiceName'])).toEqual(['lastgood-edge']);
  });

  test('is the same for staging but for the keys, which the services own there', () => {
    const staging = synthOrg(anOrg({ stage: 'staging' }));
    staging.stateful.resourceCountIs('AWS::KMS::Key', 0);
    expectResource(staging.stateful, 'AWS::DynamoDB::GlobalTable', { SSESpecification: { SSEEnabled: false } });
    expectEach(org.stateful, 'AWS::DynamoDB::GlobalTable', {
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
    });
  });

  test('terminates TLS when the org brings a certificate', () => {
    const certificateArn = 'arn:aws:acm:eu-central-1:123456789012:certificate/abc';
    const tls = synthOrg(anOrg({ edge: { certificateArn, domain: 'calls.example.org' } }));
    expectResource(tls.dataPlane, 'AWS::ElasticLoadBalancingV2::Listener', { Port: 443, Protocol: 'TLS' });
    expectResource(tls.dataPlane, 'AWS::ECS::TaskDefinition', {
      Family: 'lastgood-edge',
      ContainerDefinitions: [
        Match.objectLike({ Environment: Match.arrayWith([{ Name: 'PUBLIC_URL', Value: 'wss://calls.example.org' }]) }),
      ],
    });
  });

  test('needs no bootstrap parameter and no rule in any template', () => {
    for (const template of org.all) expect(Object.keys(template.toJSON())).not.toContain('Parameters');
  });
});
