import { scope } from '../test-context.ts';
import { refusalTable } from './refusal-table.ts';

const token = '0c1f3d1e-5f7c-4b51-8d55-0a3a4a0d7d3c';
const ofSecret = 'InvalidParameterException';

refusalTable('Secrets Manager', {
  operations: (services) => services.secrets.api.operations,
  invalid: ofSecret,
  prepare: async ({ secrets: { api } }) => {
    await api.operations['CreateSecret']?.(scope, { Name: 'taken', SecretString: 'a', ClientRequestToken: token });
    await api.operations['CreateSecret']?.(scope, { Name: 'empty' });
  },
  refused: {
    CreateSecret: {
      valid: { Name: 'new', SecretString: 'a', ClientRequestToken: token },
      wrongType: { SecretString: {} },
      rows: [
        [{ Name: 'taken', SecretString: 'b' }, 'ResourceExistsException', /already exists/],
        [{ Name: 'with space' }, ofSecret, /Name/],
        [{ Name: undefined }, ofSecret, /Name/],
        [{ SecretBinary: 'YQ==' }, ofSecret, /both/],
        [{ SecretString: 'x'.repeat(65_537) }, ofSecret, /65536/],
        [{ SecretString: undefined, SecretBinary: 'no base64' }, ofSecret, /SecretBinary/],
        [{ ClientRequestToken: 'short' }, ofSecret, /ClientRequestToken/],
        [{ AddReplicaRegions: [] }, ofSecret, /AddReplicaRegions/],
        [{ Tags: { a: 'b' } }, 'SerializationException', /Tags/],
      ],
    },
    PutSecretValue: {
      valid: { SecretId: 'taken', SecretString: 'a', ClientRequestToken: token },
      wrongType: { SecretId: 1 },
      rows: [
        [{ SecretId: 'none' }, 'ResourceNotFoundException', /can't find/],
        [{ SecretString: 'other' }, 'ResourceExistsException', /another value/],
        [{ SecretString: undefined }, ofSecret, /either SecretString or SecretBinary/],
        [{ SecretBinary: 'YQ==' }, ofSecret, /both/],
        [{ VersionStages: ['AWSPENDING'] }, ofSecret, /VersionStages/],
        [{ RotationToken: token }, ofSecret, /RotationToken/],
      ],
    },
    GetSecretValue: {
      valid: { SecretId: 'taken', VersionStage: 'AWSCURRENT' },
      wrongType: { VersionStage: 1 },
      rows: [
        [{ SecretId: 'none' }, 'ResourceNotFoundException', /can't find/],
        [{ SecretId: 'empty' }, 'ResourceNotFoundException', /can't find/],
        [{ VersionStage: 'AWSPENDING' }, 'ResourceNotFoundException', /can't find/],
        [{ VersionId: 'short' }, ofSecret, /VersionId/],
      ],
    },
    DescribeSecret: {
      valid: { SecretId: 'taken' },
      wrongType: { SecretId: 1 },
      rows: [
        [{ SecretId: 'none' }, 'ResourceNotFoundException', /can't find/],
        [{ SecretId: '' }, ofSecret, /SecretId/],
      ],
    },
  },
});

const ofTopic = 'InvalidParameter';
const topic = 'arn:aws:sns:us-east-1:111111111111:pages';
const attribute = (Value: object) => ({ MessageAttributes: [{ Name: 'service', Value }] });

refusalTable('SNS', {
  operations: (services) => services.sns.api.operations,
  invalid: ofTopic,
  wrongType: ofTopic,
  prepare: async ({ sns: { api } }) => api.operations['CreateTopic']?.(scope, { Name: 'pages' }),
  refused: {
    Publish: {
      valid: { TopicArn: topic, Message: 'hello', Subject: 'a page' },
      wrongType: { Message: {} },
      rows: [
        [{ TopicArn: `${topic}-none` }, 'NotFound', /does not exist/, 404],
        [{ TopicArn: 'pages' }, ofTopic, /TopicArn/],
        [{ Message: '' }, ofTopic, /Empty message/],
        [{ Message: 'ä'.repeat(131_073) }, ofTopic, /too long/],
        [{ Subject: 'two\nlines' }, ofTopic, /Subject/],
        [{ Subject: 'x'.repeat(101) }, ofTopic, /Subject/],
        [{ MessageStructure: 'json' }, ofTopic, /MessageStructure/],
        [{ PhoneNumber: '+15550100' }, ofTopic, /PhoneNumber/],
        [attribute({ DataType: 'Boolean', StringValue: 'a' }), ofTopic, /DataType/],
        [attribute({ DataType: 'String' }), ofTopic, /one value/],
        [attribute({ DataType: 'Binary', StringValue: 'a' }), ofTopic, /one value/],
      ],
    },
    CreateTopic: {
      valid: { Name: 'pages' },
      wrongType: { Name: {} },
      rows: [
        [{ Name: 'pages.fifo' }, ofTopic, /Name/],
        [{ Attributes: { FifoTopic: 'true' } }, ofTopic, /Attributes/],
        [{ Tags: [{ key: 'a' }] }, ofTopic, /Tags/],
      ],
    },
    ListTopics: { valid: {}, wrongType: { NextToken: {} }, rows: [[{ NextToken: 'odd' }, ofTopic, /no token/]] },
    ListSubscriptionsByTopic: {
      valid: { TopicArn: topic },
      wrongType: { TopicArn: {} },
      rows: [
        [{ TopicArn: `${topic}-none` }, 'NotFound', /does not exist/, 404],
        [{ NextToken: 'odd' }, ofTopic, /no token/],
      ],
    },
    Subscribe: {
      valid: { TopicArn: topic, Protocol: 'email', Endpoint: 'on-call@example.com', ReturnSubscriptionArn: 'true' },
      wrongType: { Endpoint: {} },
      rows: [
        [{ TopicArn: `${topic}-none` }, 'NotFound', /does not exist/, 404],
        [{ Protocol: 'sqs' }, ofTopic, /Protocol/],
        [{ Protocol: 'lambda' }, ofTopic, /Lambda endpoint/],
        [{ Endpoint: undefined }, ofTopic, /Endpoint/],
        [{ Attributes: { FilterPolicy: '{}' } }, ofTopic, /Attributes/],
      ],
    },
    Unsubscribe: {
      valid: { SubscriptionArn: `${topic}:${token}` },
      wrongType: { SubscriptionArn: {} },
      rows: [[{ SubscriptionArn: topic }, ofTopic, /SubscriptionArn/]],
    },
  },
});

const role = { RoleArn: 'arn:aws:iam::222222222222:role/operator', RoleSessionName: 'wire' };

refusalTable('STS', {
  operations: (services) => services.apis.query.find(({ service }) => service === 'sts')?.operations ?? {},
  invalid: 'ValidationError',
  wrongType: 'ValidationError',
  refused: {
    AssumeRole: {
      valid: { ...role, DurationSeconds: '900' },
      wrongType: { RoleSessionName: {} },
      rows: [
        [{ RoleArn: 'operator' }, 'ValidationError', /RoleArn/],
        [{ RoleSessionName: 'a b' }, 'ValidationError', /RoleSessionName/],
        [{ DurationSeconds: '899' }, 'ValidationError', /DurationSeconds/],
        [{ DurationSeconds: 'long' }, 'ValidationError', /DurationSeconds/],
        [{ PolicyArns: [] }, 'ValidationError', /PolicyArns/],
        [{ TokenCode: '123456' }, 'ValidationError', /TokenCode/],
      ],
    },
    GetCallerIdentity: { valid: {}, rows: [] },
  },
});
