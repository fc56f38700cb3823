import { scope } from '../test-context.ts';
import { refusalTable } from './refusal-table.ts';

const stateMachineArn = 'arn:aws:states:us-east-1:111111111111:stateMachine:promotion';
const executionArn = 'arn:aws:states:us-east-1:111111111111:execution:promotion:one';
const definition = JSON.stringify({ StartAt: 'A', States: { A: { Type: 'Succeed' } } });
const roleArn = 'arn:aws:iam::111111111111:role/promotion';
const machine = { name: 'promotion', definition, roleArn };
const paging = [
  [{ maxResults: 1_001 }, 'ValidationException', /maxResults/],
  [{ nextToken: 'odd' }, 'InvalidToken', /no token/],
  [{ nextToken: '' }, 'InvalidToken', /nextToken/],
] as const;

refusalTable('Step Functions', {
  operations: (services) => services.states.api.operations,
  invalid: 'ValidationException',
  prepare: async ({ states: { api } }) => {
    await api.operations['CreateStateMachine']?.(scope, machine);
    await api.operations['StartExecution']?.(scope, { stateMachineArn, name: 'one', input: '{"a":1}' });
  },
  refused: {
    CreateStateMachine: {
      valid: machine,
      wrongType: { definition: {} },
      rows: [
        [{ name: 'with space' }, 'InvalidName', /name/],
        [{ definition: 'no json', name: 'broken' }, 'InvalidDefinition', /not JSON/],
        [{ definition: '{"StartAt":"A","States":{}}', name: 'empty' }, 'InvalidDefinition', /empty/],
        [{ definition: definition.replace('Succeed', 'Fail') }, 'StateMachineAlreadyExists', /Already Exists/],
        [{ roleArn: `${roleArn}-2` }, 'StateMachineAlreadyExists', /Already Exists/],
        [{ roleArn: undefined }, 'InvalidArn', /roleArn/],
        [{ type: 'EXPRESS' }, 'ValidationException', /standard/],
        [{ publish: true }, 'ValidationException', /publish/],
        [{ loggingConfiguration: {} }, 'ValidationException', /loggingConfiguration/],
      ],
    },
    StartExecution: {
      valid: { stateMachineArn, name: 'two', input: '{}' },
      wrongType: { input: {} },
      rows: [
        [{ stateMachineArn: 'promotion' }, 'InvalidArn', /stateMachineArn/],
        [{ stateMachineArn: executionArn }, 'InvalidArn', /stateMachineArn/],
        [{ stateMachineArn: `${stateMachineArn}-none` }, 'StateMachineDoesNotExist', /Does Not Exist/],
        ...['', 'a b', 'a:b', 'a/b', 'a*', 'a\u0007', 'x'.repeat(81)].map(
          (name) => [{ name }, 'InvalidName', /name/] as const,
        ),
        [{ input: 'no json' }, 'InvalidExecutionInput', /not JSON/],
        [{ input: JSON.stringify('x'.repeat(262_144)) }, 'InvalidExecutionInput', /bytes/],
        [{ name: 'one' }, 'ExecutionAlreadyExists', /Already Exists/],
        [{ traceHeader: 'Root=1' }, 'ValidationException', /traceHeader/],
      ],
    },
    StopExecution: {
      valid: { executionArn: `${executionArn}-none` },
      wrongType: { cause: 1 },
      rows: [
        [{}, 'ExecutionDoesNotExist', /Does Not Exist/],
        [{ executionArn: stateMachineArn }, 'InvalidArn', /executionArn/],
        [{ error: 'x'.repeat(257) }, 'ValidationException', /error/],
        [{ cause: 'x'.repeat(32_769) }, 'ValidationException', /cause/],
      ],
    },
    DescribeExecution: {
      valid: { executionArn, includedData: 'METADATA_ONLY' },
      wrongType: { executionArn: 1 },
      rows: [
        [{ includedData: 'NONE' }, 'ValidationException', /includedData/],
        [{ executionArn: `${executionArn}-none` }, 'ExecutionDoesNotExist', /Does Not Exist/],
      ],
    },
    ListExecutions: {
      valid: { stateMachineArn, statusFilter: 'RUNNING' },
      wrongType: { maxResults: '10' },
      rows: [
        ...paging,
        [{ statusFilter: 'PENDING_REDRIVE' }, 'ValidationException', /statusFilter/],
        [{ mapRunArn: 'x' }, 'ValidationException', /mapRunArn/],
        [{ redriveFilter: 'REDRIVEN' }, 'ValidationException', /redriveFilter/],
      ],
    },
    GetExecutionHistory: {
      valid: { executionArn, reverseOrder: true },
      wrongType: { reverseOrder: 'true' },
      rows: [...paging, [{ executionArn: 'one' }, 'InvalidArn', /executionArn/]],
    },
    DescribeStateMachine: {
      valid: { stateMachineArn },
      wrongType: { stateMachineArn: 1 },
      rows: [
        [{ stateMachineArn: 'promotion' }, 'InvalidArn', /stateMachineArn/],
        [{ stateMachineArn: `${stateMachineArn}-none` }, 'StateMachineDoesNotExist', /Does Not Exist/],
      ],
    },
    ListStateMachines: { valid: { maxResults: 10 }, wrongType: { maxResults: '10' }, rows: paging },
  },
});
