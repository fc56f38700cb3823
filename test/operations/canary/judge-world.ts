import { createAnalysis } from '#core/canary/analysis.ts';
import { outcomeOfSession } from '#core/promotion/outcome-of-session.ts';
import type { CallRecords } from '#core/session/call-records.ts';
import { memoryJudgeStates } from '#memory/judge-state-store.ts';
import { memorySessionStore } from '#memory/session-store.ts';
import { canaryComparison } from '#operations/canary/comparison.ts';
import type { JudgePorts, Judgement } from '#operations/canary/judge.ts';
import { productionSet, promotion, service } from '../../core/version-set/build.ts';
import { aPlan, startMs } from '../fake-org.ts';

export const windowMs = 60_000;
const plan = aPlan({
  evidenceDeadlineMinutes: 30,
  horizons: [
    { seconds: 5, weight: 0.1 },
    { seconds: 20, weight: 0.2 },
  ],
  windowWeight: 0.7,
});
const services = [{ name: service, baselineErrorRate: 0.05, expectedCallsPerMinute: 60 }];
export const comparison = canaryComparison(
  { service, set: productionSet },
  { promotionId: promotion('p'), startedAt: new Date(startMs).toISOString() },
  plan,
  services,
);

/** The stores that a judge stands on, with a clock that the test sets. */
export const openWorld = (indexLagMs = 0) => {
  const time = { nowMs: startMs };
  const clock = { now: () => time.nowMs, after: () => () => undefined };
  const sessions = memorySessionStore({ clock, indexLagMs });
  const judgeStates = memoryJudgeStates({ clock });
  const logged: { readonly event: string; readonly fields: unknown }[] = [];
  const write = (event: string, fields?: unknown) => void logged.push({ event, fields });
  const reads: { readonly which: 'started' | 'changed'; readonly fromMs: number; records: number }[] = [];
  const counted = (which: 'started' | 'changed'): CallRecords['started'] =>
    async function* (of, set, from) {
      const read = { which, fromMs: from.getTime(), records: 0 };
      reads.push(read);
      for await (const call of sessions.calls[which](of, set, from)) {
        read.records += 1;
        yield call;
      }
    };
  const ports: JudgePorts = {
    calls: { started: counted('started'), changed: counted('changed') },
    judgeStates,
    clock,
    log: { info: write, warn: write, error: write },
  };
  /** One analysis over everything that is stored. */
  const recomputed = () => {
    const options = { baseline: comparison.baseline, sinceMs: startMs, distinctCallers: true };
    const analysis = createAnalysis(plan, options);
    for (const record of sessions.records.all()) {
      const call = outcomeOfSession(record, comparison.id);
      if (call) analysis.observe(call);
    }
    return { verdict: analysis.verdict(time.nowMs), digest: analysis.digest(time.nowMs) };
  };
  const numbersOf = ({ verdict, analysis }: Judgement) => ({ verdict, digest: analysis.digest(time.nowMs) });
  const events = () => logged.map(({ event }) => event);
  return { time, sessions, judgeStates, logged, events, reads, ports, recomputed, numbersOf };
};
