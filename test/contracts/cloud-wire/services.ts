import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CreateTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from 'vitest';
import { type Target, clientSettings, uniqueName } from './target.ts';

const secretsContract = (target: Target): void => {
  describe('Secrets Manager', () => {
    const secrets = () => new SecretsManagerClient(clientSettings(target));

    test('keeps versions with the current and the previous stage', async () => {
      const name = uniqueName('wire/secret');
      const created = await secrets().send(new CreateSecretCommand({ Name: name, SecretString: 'one' }));
      await secrets().send(new PutSecretValueCommand({ SecretId: name, SecretString: 'two' }));
      expect((await secrets().send(new GetSecretValueCommand({ SecretId: created.ARN }))).SecretString).toBe('two');
      expect(
        (await secrets().send(new GetSecretValueCommand({ SecretId: name, VersionStage: 'AWSPREVIOUS' }))).SecretString,
      ).toBe('one');
      const { VersionIdsToStages: stages } = await secrets().send(new DescribeSecretCommand({ SecretId: name }));
      expect(
        Object.values(stages ?? {})
          .flat()
          .sort(),
      ).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
    });

    test('refuses a second secret of the same name and names a missing one', async () => {
      const name = uniqueName('wire/secret');
      await secrets().send(new CreateSecretCommand({ Name: name, SecretString: 'one' }));
      await expect(secrets().send(new CreateSecretCommand({ Name: name, SecretString: 'two' }))).rejects.toBeInstanceOf(
        ResourceExistsException,
      );
      await expect(secrets().send(new GetSecretValueCommand({ SecretId: 'wire/none' }))).rejects.toBeInstanceOf(
        ResourceNotFoundException,
      );
    });
  });
};

const identityContract = (target: Target): void => {
  describe('STS', () => {
    test('assumes a role of another account, whose credentials then belong to that account', async () => {
      const { Credentials: credentials, AssumedRoleUser: user } = await new STSClient(clientSettings(target)).send(
        new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::210987654321:role/lastgood-operator', RoleSessionName: 'wire' }),
      );
      expect(user?.Arn).toBe('arn:aws:sts::210987654321:assumed-role/lastgood-operator/wire');
      expect(credentials?.Expiration?.getTime()).toBeGreaterThan(Date.now());
      const assumed = new STSClient({
        ...clientSettings(target),
        credentials: {
          accessKeyId: credentials?.AccessKeyId ?? '',
          secretAccessKey: credentials?.SecretAccessKey ?? '',
          sessionToken: credentials?.SessionToken ?? '',
        },
      });
      expect((await assumed.send(new GetCallerIdentityCommand({}))).Account).toBe('210987654321');
    });
  });
};

const messagesContract = (target: Target): void => {
  describe('SNS', () => {
    test('publishes to a topic, with subject and attributes', async () => {
      const sns = new SNSClient(clientSettings(target));
      const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: uniqueName('wire') }));
      const { MessageId } = await sns.send(
        new PublishCommand({
          TopicArn,
          Subject: 'candidate aborted',
          Message: '{"a":"<b>&"}',
          MessageAttributes: { service: { DataType: 'String', StringValue: 'appointments' } },
        }),
      );
      expect(MessageId).toMatch(/^[0-9a-f-]{36}$/);
      await expect(sns.send(new PublishCommand({ TopicArn: `${TopicArn}-none`, Message: 'x' }))).rejects.toMatchObject({
        name: expect.stringMatching(/NotFound/) as string,
      });
    });
  });
};

const metricsContract = (target: Target): void => {
  describe('CloudWatch', () => {
    const cloudwatch = () => new CloudWatchClient(clientSettings(target));
    const minute = () => Math.floor(Date.now() / 60_000) * 60_000;

    test('adds up what was put into a period', async () => {
      const namespace = uniqueName('Wire');
      const Timestamp = new Date(minute());
      const Dimensions = [
        { Name: 'Service', Value: 'appointments' },
        { Name: 'Arm', Value: 'candidate' },
      ];
      await cloudwatch().send(
        new PutMetricDataCommand({
          Namespace: namespace,
          MetricData: [1, 2, 3].map((Value) => ({
            MetricName: 'CallsEnded',
            Value,
            Timestamp,
            Dimensions,
            StorageResolution: 1,
          })),
        }),
      );
      const range = { StartTime: new Date(minute() - 60_000), EndTime: new Date(minute() + 60_000) };
      const statistics = await cloudwatch().send(
        new GetMetricStatisticsCommand({
          Namespace: namespace,
          MetricName: 'CallsEnded',
          Dimensions,
          Period: 60,
          Statistics: ['Sum', 'Maximum'],
          ...range,
        }),
      );
      expect(statistics.Datapoints?.map(({ Sum, Maximum }) => [Sum, Maximum])).toEqual([[6, 3]]);
      const data = await cloudwatch().send(
        new GetMetricDataCommand({
          ...range,
          MetricDataQueries: [
            {
              Id: 'm',
              MetricStat: {
                Metric: { Namespace: namespace, MetricName: 'CallsEnded', Dimensions },
                Period: 60,
                Stat: 'Sum',
              },
            },
          ],
        }),
      );
      expect(data.MetricDataResults?.[0]?.Values?.filter((value) => value > 0)).toEqual([6]);
    });

    test('takes a compressed call with many metrics', async () => {
      const namespace = uniqueName('Wire');
      const MetricData = Array.from({ length: 300 }, (_, index) => ({
        MetricName: `m${index}`,
        Value: index,
        Dimensions: [{ Name: 'Service', Value: 'appointments-with-a-long-name' }],
      }));
      await expect(
        cloudwatch().send(new PutMetricDataCommand({ Namespace: namespace, MetricData })),
      ).resolves.toBeDefined();
    });

    test('describes an alarm with its state, which can be set by hand', async () => {
      const AlarmName = uniqueName('wire');
      await cloudwatch().send(
        new PutMetricAlarmCommand({
          AlarmName,
          Namespace: 'Wire',
          MetricName: 'none',
          Statistic: 'Sum',
          Period: 86_400,
          EvaluationPeriods: 1,
          Threshold: 1,
          ComparisonOperator: 'GreaterThanThreshold',
        }),
      );
      const state = async () =>
        (await cloudwatch().send(new DescribeAlarmsCommand({ AlarmNames: [AlarmName] }))).MetricAlarms?.[0]?.StateValue;
      expect(['INSUFFICIENT_DATA', 'OK']).toContain(await state());
      await cloudwatch().send(new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'drill' }));
      expect(await state()).toBe('ALARM');
      await cloudwatch().send(new DeleteAlarmsCommand({ AlarmNames: [AlarmName] }));
      expect(await state()).toBeUndefined();
    });
  });
};

/** What we rely on of the services that keep values, messages and measurements. */
export const servicesContract = (target: Target): void => {
  secretsContract(target);
  identityContract(target);
  messagesContract(target);
  metricsContract(target);
};
