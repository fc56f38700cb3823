import type { JudgeStateStore } from '#core/canary/judge-state-store.ts';
import { Items } from './items.ts';
import type { MemoryOptions } from './wire.ts';

interface Kept {
  readonly version: number;
  readonly state: unknown;
}

export interface MemoryJudgeStates extends JudgeStateStore {
  readonly states: Items<Kept>;
}

export const memoryJudgeStates = (options: MemoryOptions): MemoryJudgeStates => {
  const states = new Items<Kept>({ name: 'judge-states', ...options });
  return {
    states,
    read: (comparisonId) => states.get(comparisonId),
    keep: (comparisonId, state, after) =>
      states.update(comparisonId, (present) =>
        (present?.version ?? 0) === after ? { version: after + 1, state } : undefined,
      ),
  };
};
