import type { RunnableDefinition } from './definition.ts';
import type { ExecutionRecord } from './execution.ts';

export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly text: string;
  readonly runnable: RunnableDefinition;
  readonly roleArn: string;
  readonly createdAt: number;
}

/** Step Functions tells times in seconds. */
export const seconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1_000);

export const summary = (record: ExecutionRecord) => ({
  executionArn: record.executionArn,
  stateMachineArn: record.stateMachineArn,
  name: record.name,
  status: record.status,
  startDate: seconds(record.startedAt),
  stopDate: seconds(record.stoppedAt),
});

export const machineSummary = ({ arn, name, createdAt }: Pick<Machine, 'arn' | 'name' | 'createdAt'>) => ({
  stateMachineArn: arn,
  name,
  type: 'STANDARD',
  creationDate: seconds(createdAt),
});
