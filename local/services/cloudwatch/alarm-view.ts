import type { AlarmRecord } from './alarm-engine.ts';

/** An alarm as DescribeAlarms answers it. */
export const describeAlarm = ({ arn, definition, state, changedAtMs, actionsEnabled }: AlarmRecord): object => {
  const { Tags: _tags, ...input } = definition.input;
  return {
    ...input,
    ActionsEnabled: actionsEnabled,
    AlarmArn: arn,
    StateValue: state.value,
    StateReason: state.reason,
    StateReasonData: state.reasonData,
    StateUpdatedTimestamp: state.atMs / 1_000,
    StateTransitionedTimestamp: changedAtMs / 1_000,
  };
};
