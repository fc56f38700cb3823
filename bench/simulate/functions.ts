import type { AlarmEvent } from '#core/promotion/alarm-notice.ts';
import type { ExecutionEndEvent } from '#core/promotion/execution-end.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import type { Head } from '#core/version-set/head.ts';
import { answerAlarms } from '#operations/canary/answer-alarms.ts';
import { confirmSuspicion } from '#operations/canary/confirm-suspicion.ts';
import { judgeCandidate } from '#operations/canary/judge-candidate.ts';
import { judge } from '#operations/canary/judge.ts';
import { routeOutcomes } from '#operations/outcomes/route-outcomes.ts';
import { carryOutMoved } from '#operations/outbox/carry-out-moved.ts';
import { sweepOutbox } from '#operations/outbox/sweep-outbox.ts';
import { proveWarmth } from '#operations/pool/prove-warmth.ts';
import { answerExecutionEnd } from '#operations/promotion/answer-execution-end.ts';
import { sweepSessions } from '#operations/session/sweep-sessions.ts';
import { watchHoldback } from '#operations/stable/watch-holdback.ts';
import { type FunctionKit, functionKit, type FunctionsSettings } from './function-kit.ts';
import { FunctionFailed } from './lambda.ts';
import { workflowFunctions } from './workflow-functions.ts';
import type { World } from './world.ts';

/** What the registry's stream says of a head that was written. */
export type MovedSet = Pick<Head, 'service' | 'set'>;

/** The functions of `lambdas/`, composed over the stores in memory as their entrances compose them over AWS, with the same time limits. */
export const functionsOf = (world: World, settings: FunctionsSettings) => {
  const kit = functionKit(world, settings);
  return { ...workflowFunctions(kit), ...eventFunctions(kit) };
};

export type Functions = ReturnType<typeof functionsOf>;

/** Those that answer streams, alarms, schedules and events. */
const eventFunctions = ({ world, stores, defined, probing }: FunctionKit) => {
  const { org } = world;
  const proof = defined('prove-warmth', 300, (parts) => {
    const ports = probing(parts);
    return (_event: void) => proveWarmth(ports)();
  });
  return {
    /** A new one for each shard of the stream, which has an instance of its own. */
    weighOutcome: () =>
      defined('weigh-outcome', 60, (parts) => {
        const ports = { ...stores, ...parts };
        const judging = { ...ports, judge: judge(ports) };
        const judges = { judgeCandidate: judgeCandidate(judging), watchHoldback: watchHoldback(judging) };
        const route = routeOutcomes({ ...ports, ...judges });
        return (sessions: readonly SessionRecord[]) => route(sessions);
      }),
    rollBack: defined('roll-back', 60, (parts) => {
      const ports = { ...stores, ...parts };
      const confirm = confirmSuspicion({ ...ports, judge: judge(ports) });
      const answer = answerAlarms({ ...ports, confirm });
      return (event: AlarmEvent) => answer(event);
    }),
    proveWarmth: proof,
    sweepSessions: defined('sweep-sessions', 55, (parts) => {
      const sweep = sweepSessions({ ...org, ...parts, open: org.sessions.openSessions });
      return (_event: void) => sweep();
    }),
    carryOut: defined('carry-out', 55, (parts) => {
      const ports = { ...stores, ...parts };
      return async (event: MovedSet | 'schedule') => {
        if (event === 'schedule') await sweepOutbox(ports)();
        else if ((await carryOutMoved(ports)([event])).length > 0)
          throw new FunctionFailed('the set was not carried out');
      };
    }),
    executionEnded: defined('execution-ended', 30, (parts) => {
      const ports = { ...stores, ...parts };
      return (event: ExecutionEndEvent) => answerExecutionEnd(ports)(event);
    }),
  };
};
