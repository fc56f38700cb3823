import { z } from 'zod';
import { lowerCaseTags } from '../tags.ts';
import { ExecutionStatus } from './execution.ts';

/** Source of every bound here: https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html */

const name = z
  .string()
  .regex(
    /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u,
    'a name has 1-80 characters, no white space, brackets, wildcards or special characters',
  );
const arnOf = (kind: string) =>
  z
    .string()
    .max(2_048)
    .regex(
      new RegExp(`^arn:aws:states:[^:]+:\\d{12}:${kind}:.+$`),
      `an ARN is arn:aws:states:<region>:<account>:${kind}:<name>`,
    );
const stateMachineArn = arnOf('stateMachine');
const executionArn = arnOf('execution');
const paging = {
  maxResults: z.int().min(0).max(1_000).default(100),
  nextToken: z.string().min(1).max(1_024).optional(),
};
const includedData = z.enum(['ALL_DATA', 'METADATA_ONLY']).default('ALL_DATA');

/** Codes of parameters that have one of their own. */
export const codes = {
  name: 'InvalidName',
  stateMachineArn: 'InvalidArn',
  executionArn: 'InvalidArn',
  roleArn: 'InvalidArn',
  input: 'InvalidExecutionInput',
  definition: 'InvalidDefinition',
  nextToken: 'InvalidToken',
};

export const StartExecution = z.strictObject({
  stateMachineArn,
  name: name.optional(),
  input: z.string().default('{}'),
});
export const StopExecution = z.strictObject({
  executionArn,
  error: z.string().max(256).optional(),
  cause: z.string().max(32_768).optional(),
});
export const ListExecutions = z.strictObject({ stateMachineArn, statusFilter: ExecutionStatus.optional(), ...paging });
export const GetExecutionHistory = z.strictObject({
  executionArn,
  reverseOrder: z.boolean().default(false),
  includeExecutionData: z.boolean().default(true),
  ...paging,
});
export const DescribeExecution = z.strictObject({ executionArn, includedData });
export const DescribeStateMachine = z.strictObject({ stateMachineArn, includedData });
export const ListStateMachines = z.strictObject(paging);
export const CreateStateMachine = z.strictObject({
  name: name.regex(/^[\w-]+$/, 'a state machine name has 1-80 letters, digits, _ or -'),
  definition: z.string().min(1).max(1_048_576),
  roleArn: z.string().regex(/^arn:aws:iam::\d{12}:role\/.+$/, 'a role is arn:aws:iam::<account>:role/<name>'),
  type: z.literal('STANDARD', 'the embedded cloud runs standard workflows').optional(),
  tags: lowerCaseTags.optional(),
});
