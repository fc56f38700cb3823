import { describe, expect, test } from 'vitest';
import { assembly, open, table, tables } from './small-assembly.ts';

describe('invariant 12: nothing in a template is skipped', () => {
  const alarm = {
    AlarmName: 'a',
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 1,
    EvaluationPeriods: 1,
    TreatMissingData: 'notBreaching',
  };

  test.each<[string, object, RegExp]>([
    [
      'a type',
      { Queue: { Type: 'AWS::SQS::Queue' } },
      /stack one, resource Queue: the embedded cloud does not know the type AWS::SQS::Queue/,
    ],
    [
      'a property',
      { T: table('registry', { KinesisStreamSpecification: {} }) },
      /stack one, resource T \(AWS::DynamoDB::Table\): the set of its properties is not valid:\s+top level: unknown key KinesisStreamSpecification/,
    ],
    [
      'an intrinsic',
      { T: table('registry', { TimeToLiveSpecification: { 'Fn::Transform': {} } }) },
      /stack one, resource T .*Fn::Transform is not supported/,
    ],
    [
      'metric math',
      {
        A: {
          Type: 'AWS::CloudWatch::Alarm',
          Properties: {
            ...alarm,
            Metrics: [
              { Id: 'e', Expression: 'RATE(m)' },
              {
                Id: 'm',
                ReturnData: false,
                MetricStat: { Metric: { Namespace: 'n', MetricName: 'm' }, Period: 10, Stat: 'Sum' },
              },
            ],
          },
        },
      },
      /resource A .*RATE is not supported/,
    ],
    [
      'JSONata',
      {
        M: {
          Type: 'AWS::StepFunctions::StateMachine',
          Properties: {
            StateMachineName: 'm',
            DefinitionString: '{"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Succeed"}}}',
          },
        },
      },
      /resource M .*JSONata is not supported/,
    ],
    [
      'a load balancer of layer 7',
      { L: { Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer', Properties: { Type: 'application' } } },
      /resource L [^]*network load balancers only/,
    ],
    [
      'a second container',
      {
        D: {
          Type: 'AWS::ECS::TaskDefinition',
          Properties: {
            Family: 'f',
            ContainerDefinitions: [
              { Name: 'a', Image: 'i' },
              { Name: 'b', Image: 'i' },
            ],
          },
        },
      },
      /resource D [^]*exactly one container/,
    ],
    [
      'a cron schedule',
      { R: { Type: 'AWS::Events::Rule', Properties: { Name: 'r', ScheduleExpression: 'cron(0 * * * ? *)' } } },
      /resource R .*cron.* is not supported/,
    ],
    [
      'a rule with a schedule and a pattern',
      {
        R: {
          Type: 'AWS::Events::Rule',
          Properties: { ScheduleExpression: 'rate(1 minute)', EventPattern: { source: ['aws.states'] } },
        },
      },
      /resource R [^]*either a schedule or a pattern/,
    ],
    [
      'a pattern that is no list of texts',
      { R: { Type: 'AWS::Events::Rule', Properties: { EventPattern: { detail: { name: [{ prefix: 'a' }] } } } } },
      /resource R [^]*whole texts only/,
    ],
    [
      'code that is no asset',
      {
        F: {
          Type: 'AWS::Lambda::Function',
          Properties: {
            FunctionName: 'f',
            Handler: 'index.handler',
            Runtime: 'nodejs24.x',
            Code: { S3Bucket: 'b', S3Key: 'k.zip' },
          },
        },
      },
      /resource F .*no asset of the cloud assembly/,
    ],
    [
      'another runtime',
      {
        F: {
          Type: 'AWS::Lambda::Function',
          Properties: { Handler: 'h', Runtime: 'python3.14', Code: { S3Bucket: 'b', S3Key: 'k.zip' } },
        },
      },
      /resource F [^]*runs Node functions/,
    ],
    [
      'a circle',
      { A: { Type: 'AWS::Logs::LogGroup', DependsOn: 'B' }, B: { Type: 'AWS::Logs::LogGroup', DependsOn: 'A' } },
      /refer to each other in a circle: A -> B -> A/,
    ],
  ])('%s is an error that names stack and logical id', async (_what, resources, message) => {
    await expect(open().deployer.deploy(assembly({ one: { resources } }))).rejects.toThrow(message);
  });

  test('an unknown type is found before anything is created', async () => {
    const { deployer, services } = open();
    await expect(
      deployer.deploy(assembly({ one: { resources: { T: table('registry'), Queue: { Type: 'AWS::SQS::Queue' } } } })),
    ).rejects.toThrow(/AWS::SQS::Queue/);
    expect(await tables(services)).toEqual({ TableNames: [] });
  });
});
