import { z } from 'zod';
import { ExecutionStatus } from './execution.ts';

export const StartExecution = z.strictObject({
  stateMachineArn: z.string(),
  name: z
    .string()
    .regex(/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/, 'an execution name has 1-80 characters, no white space or brackets')
    .optional(),
  input: z.string().default('{}'),
  traceHeader: z.string().optional(),
});
export const StopExecution = z.strictObject({
  executionArn: z.string(),
  error: z.string().optional(),
  cause: z.string().optional(),
});
export const ListExecutions = z.strictObject({
  stateMachineArn: z.string(),
  statusFilter: ExecutionStatus.optional(),
  maxResults: z.int().min(0).max(1_000).default(100),
  nextToken: z.string().optional(),
});
export const GetExecutionHistory = z.strictObject({
  executionArn: z.string(),
  maxResults: z.int().min(0).max(1_000).default(100),
  reverseOrder: z.boolean().default(false),
  nextToken: z.string().optional(),
  includeExecutionData: z.boolean().default(true),
});

export const DescribeExecution = z.strictObject({ executionArn: z.string(), includedData: z.string().optional() });
export const DescribeStateMachine = z.strictObject({
  stateMachineArn: z.string(),
  includedData: z.string().optional(),
});
export const ListStateMachines = z.strictObject({
  maxResults: z.number().optional(),
  nextToken: z.string().optional(),
});
export const CreateStateMachine = z.strictObject({
  name: z.string().regex(/^[\w-]{1,80}$/, 'a state machine name has 1-80 letters, digits, _ or -'),
  definition: z.string(),
  roleArn: z.string().optional(),
  type: z.literal('STANDARD', 'the embedded cloud runs standard workflows').optional(),
  tags: z.unknown().optional(),
});
