import { describe, expect, test } from 'vitest';
import { createAnalysis } from '#core/canary/analysis.ts';
import { restoreAnalysis, saveAnalysis } from '#core/canary/saved-analysis.ts';
import { planByName } from '#core/canary/plans.ts';
import { startMs, traffic } from '../../core/canary/calls.ts';
import { promotion } from '../../core/version-set/build.ts';
import { answersOf, type Opened, sixteen } from './ports-under-test.ts';

const analysisOf = (calls: number) => {
  const options = { sinceMs: startMs, distinctCallers: true };
  const analysis = createAnalysis(planByName('standard'), options);
  const rates = { stableRate: 0.05, candidateRate: 0.06, weightPercent: 30, seed: 3 };
  for (const call of traffic({ calls, ...rates })) analysis.observe(call);
  analysis.verdict(startMs + calls * 1_000);
  return analysis;
};

export const judgeStatesContract = (opened: Opened): void => {
  describe('states of judges', () => {
    test('are not there before one was kept', async () => {
      expect(await opened().judgeStates.read(promotion('never-judged'))).toBeUndefined();
    });

    test('come back as they were kept, however long the canary', async () => {
      const { judgeStates } = opened();
      const state = saveAnalysis(analysisOf(4_000), 'leave-out');
      expect(await judgeStates.keep(promotion('long'), state, 0)).toBe(true);
      const kept = await judgeStates.read(promotion('long'));
      expect(kept).toEqual({ version: 1, state: JSON.parse(JSON.stringify(state)) });
      expect(restoreAnalysis(kept?.state).forget()).toEqual(state.last);
    });

    test('are replaced by whoever read the one that stands, and by nobody else', async () => {
      const { judgeStates } = opened();
      const id = promotion('raced');
      const state = saveAnalysis(analysisOf(10), 'leave-out');
      const keepAfter = (version: number) => judgeStates.keep(id, state, version);
      const first = answersOf(await sixteen(() => keepAfter(0)));
      expect(first.filter(Boolean)).toHaveLength(1);
      expect(await keepAfter(0)).toBe(false);
      const second = answersOf(await sixteen(() => keepAfter(1)));
      expect(second.filter(Boolean)).toHaveLength(1);
      expect(await keepAfter(3)).toBe(false);
      expect((await judgeStates.read(id))?.version).toBe(2);
    });

    test('that are damaged say so, and can be replaced', async () => {
      const { judgeStates, doors } = opened();
      const id = promotion('damaged');
      await doors.spoilState(id);
      const kept = await judgeStates.read(id);
      expect(kept?.version).toBe(1);
      expect(kept?.state).toBeUndefined();
      expect(await judgeStates.keep(id, saveAnalysis(analysisOf(10), 'leave-out'), 1)).toBe(true);
    });
  });
};
