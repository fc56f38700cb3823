import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteServiceCommand,
  DeregisterTaskDefinitionCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ConflictException,
  ECSClient,
  ListServicesCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  GetExecutionHistoryCommand,
  InvalidArn,
  InvalidExecutionInput,
  InvalidName,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StateMachineDoesNotExist,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Target, clientSettings, uniqueName } from './target.ts';

const statesContract = (target: Target): void => {
  describe('Step Functions', () => {
    let sfn: SFNClient;
    let stateMachineArn: string;

    beforeAll(async () => {
      sfn = new SFNClient(clientSettings(target));
      const definition = {
        StartAt: 'Wait',
        States: { Wait: { Type: 'Wait', Seconds: 60, Next: 'End' }, End: { Type: 'Succeed' } },
      };
      const machine = await sfn.send(
        new CreateStateMachineCommand({
          name: uniqueName('wire'),
          definition: JSON.stringify(definition),
          roleArn: 'arn:aws:iam::123456789012:role/wire',
        }),
      );
      stateMachineArn = machine.stateMachineArn ?? '';
    });

    test('starts the same execution once, and refuses its name for another input', async () => {
      const request = { stateMachineArn, name: uniqueName('run'), input: '{"a":1}' };
      const first = await sfn.send(new StartExecutionCommand(request));
      const second = await sfn.send(new StartExecutionCommand(request));
      expect(second.executionArn).toBe(first.executionArn);
      await expect(sfn.send(new StartExecutionCommand({ ...request, input: '{"a":2}' }))).rejects.toBeInstanceOf(
        ExecutionAlreadyExists,
      );
    });

    test('describes, lists and stops an execution', async () => {
      const { executionArn } = await sfn.send(
        new StartExecutionCommand({ stateMachineArn, name: uniqueName('run'), input: '{"a":1}' }),
      );
      expect(await sfn.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
        status: 'RUNNING',
        input: '{"a":1}',
        stateMachineArn,
      });
      const listed = await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING' }));
      expect(listed.executions?.map((one) => one.executionArn)).toContain(executionArn);
      await sfn.send(new StopExecutionCommand({ executionArn, error: 'Stopped', cause: 'drill' }));
      expect(await sfn.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
        status: 'ABORTED',
        error: 'Stopped',
        cause: 'drill',
      });
    });

    test('has a history that begins with the start', async () => {
      const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name: uniqueName('run') }));
      const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
      expect(events?.[0]?.type).toBe('ExecutionStarted');
      expect(events?.[0]?.timestamp).toBeInstanceOf(Date);
    });

    test('refuses names and ARNs that are none, and leaves out data when asked to', async () => {
      const start = (change: object) => sfn.send(new StartExecutionCommand({ stateMachineArn, ...change }));
      await expect(start({ name: 'with space' })).rejects.toBeInstanceOf(InvalidName);
      await expect(start({ stateMachineArn: 'promotion' })).rejects.toBeInstanceOf(InvalidArn);
      await expect(start({ input: 'no json' })).rejects.toBeInstanceOf(InvalidExecutionInput);
      const { executionArn } = await start({ input: '{"a":1}' });
      const described = await sfn.send(new DescribeExecutionCommand({ executionArn, includedData: 'METADATA_ONLY' }));
      expect(described.input).toBeUndefined();
      const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false }));
      expect(events?.[0]?.executionStartedEventDetails?.input).toBeUndefined();
    });

    test('names a machine that is not there', async () => {
      await expect(
        sfn.send(new StartExecutionCommand({ stateMachineArn: `${stateMachineArn}-none` })),
      ).rejects.toBeInstanceOf(StateMachineDoesNotExist);
    });
  });
};

const tasksContract = (target: Target): void => {
  describe('ECS', () => {
    const cluster = uniqueName('wire');
    const family = uniqueName('host');
    let ecs: ECSClient;

    beforeAll(async () => {
      ecs = new ECSClient(clientSettings(target));
      await ecs.send(new CreateClusterCommand({ clusterName: cluster }));
    });

    const register = (release: string) =>
      ecs.send(
        new RegisterTaskDefinitionCommand({
          family,
          requiresCompatibilities: ['FARGATE'],
          networkMode: 'awsvpc',
          cpu: '256',
          memory: '512',
          containerDefinitions: [
            {
              name: 'host',
              image: 'host',
              command: ['node', '-e', '0'],
              environment: [{ name: 'RELEASE_ID', value: release }],
              essential: true,
            },
          ],
        }),
      );

    test('adds a revision to a family and describes the newest or a named one', async () => {
      const first = await register('one');
      const second = await register('two');
      expect([first.taskDefinition?.revision, second.taskDefinition?.revision]).toEqual([1, 2]);
      const environment = async (taskDefinition: string) =>
        (await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }))).taskDefinition
          ?.containerDefinitions?.[0]?.environment;
      expect(await environment(family)).toEqual([{ name: 'RELEASE_ID', value: 'two' }]);
      expect(await environment(`${family}:1`)).toEqual([{ name: 'RELEASE_ID', value: 'one' }]);
      await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: `${family}:2` }));
      expect(await environment(family)).toEqual([{ name: 'RELEASE_ID', value: 'one' }]);
    });

    test('creates, describes, updates and deletes a service', async () => {
      const serviceName = uniqueName('pool');
      await register('three');
      await ecs.send(
        new CreateServiceCommand({
          cluster,
          serviceName,
          taskDefinition: family,
          desiredCount: 0,
          launchType: 'FARGATE',
        }),
      );
      const describe = async () =>
        (await ecs.send(new DescribeServicesCommand({ cluster, services: [serviceName] }))).services?.[0];
      expect(await describe()).toMatchObject({ serviceName, status: 'ACTIVE', desiredCount: 0 });
      expect(
        (await ecs.send(new ListServicesCommand({ cluster }))).serviceArns?.some((arn) =>
          arn.endsWith(`/${serviceName}`),
        ),
      ).toBe(true);
      await ecs.send(
        new UpdateServiceCommand({ cluster, service: serviceName, desiredCount: 0, taskDefinition: family }),
      );
      await ecs.send(new DeleteServiceCommand({ cluster, service: serviceName }));
      await expect.poll(async () => (await describe())?.status ?? 'INACTIVE').toBe('INACTIVE');
    });

    test.runIf(target.isEmbedded)('runs a task once per client token', async () => {
      await register('four');
      const run = (change: object = {}) =>
        ecs.send(new RunTaskCommand({ cluster, taskDefinition: family, clientToken: family, ...change }));
      const [first, second] = [await run(), await run()];
      expect(second.tasks?.map(({ taskArn }) => taskArn)).toEqual(first.tasks?.map(({ taskArn }) => taskArn));
      await expect(run({ startedBy: 'another' })).rejects.toBeInstanceOf(ConflictException);
    });

    test('refuses an override of a container that the task does not have', async () => {
      await register('five');
      await expect(
        ecs.send(
          new RunTaskCommand({
            cluster,
            taskDefinition: family,
            overrides: { containerOverrides: [{ name: 'other' }] },
          }),
        ),
      ).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
    });

    test('reports a service that is not there as a failure', async () => {
      const answer = await ecs.send(new DescribeServicesCommand({ cluster, services: ['none'] }));
      expect(answer.failures?.[0]?.reason).toBe('MISSING');
    });
  });
};

/** What we rely on of the services that run things; what runs in them is tested with real processes elsewhere. */
export const orchestrationContract = (target: Target): void => {
  statesContract(target);
  tasksContract(target);
};
