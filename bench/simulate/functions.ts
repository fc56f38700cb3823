import type { AlarmEvent } from '#core/promotion/alarm-notice.ts';
import type { AlarmReader } from '#core/promotion/alarm-reader.ts';
import type { ExecutionEndEvent } from '#core/promotion/execution-end.ts';
import type { outlookOf } from '#core/promotion/outlook.ts';
import type {
  AbortInput,
  JudgeCanaryInput,
  NotifyInput,
  PreparePoolInput,
  Promotion,
  StartCanaryInput,
  ValidateInput,
} from '#core/promotion/steps.ts';
import type { SessionRecord } from '#core/session/session-record.ts';
import type { Head } from '#core/version-set/head.ts';
import { answerAlarms } from '#operations/canary/answer-alarms.ts';
import { confirmSuspicion } from '#operations/canary/confirm-suspicion.ts';
import { judgeCanary } from '#operations/canary/judge-canary.ts';
import { judgeCandidate } from '#operations/canary/judge-candidate.ts';
import { judge } from '#operations/canary/judge.ts';
import { routeOutcomes } from '#operations/canary/route-outcomes.ts';
import { carryOutMoved } from '#operations/outbox/carry-out-moved.ts';
import { sweepOutbox } from '#operations/outbox/sweep-outbox.ts';
import { pageRefused } from '#operations/paging/page-refused.ts';
import { preparePool } from '#operations/pool/prepare-pool.ts';
import { probePool } from '#operations/pool/probe-pool.ts';
import { proveWarmth } from '#operations/pool/prove-warmth.ts';
import { retirePools } from '#operations/pool/retire-pools.ts';
import { abortByWorkflow } from '#operations/promotion/abort-by-workflow.ts';
import { answerExecutionEnd } from '#operations/promotion/answer-execution-end.ts';
import { checkEvidence } from '#operations/promotion/check-evidence.ts';
import { continuePromotion } from '#operations/promotion/continue-promotion.ts';
import { countReplays } from '#operations/promotion/count-replays.ts';
import { promoteCandidate } from '#operations/promotion/promote-candidate.ts';
import { startCanary } from '#operations/promotion/start-canary.ts';
import { validatePromotion } from '#operations/promotion/validate-promotion.ts';
import { checkOverlays } from '#operations/release/check-overlays.ts';
import { measureTraffic } from '#operations/session/measure-traffic.ts';
import { sweepSessions } from '#operations/session/sweep-sessions.ts';
import { watchStable } from '#operations/stable/watch-stable.ts';
import { FunctionFailed, type FunctionFaults, type FunctionParts, SimulatedFunction } from './lambda.ts';
import { org as orgName } from './names.ts';
import type { World } from './world.ts';

export interface FunctionsSettings {
  readonly faults: () => FunctionFaults;
  readonly hostsPerPool: number;
  readonly maxCallsPerHost: number;
  readonly alarms: AlarmReader;
}

/** What the registry's stream says of a head that was written. */
export type MovedSet = Pick<Head, 'service' | 'set'>;

const second = 1_000;
const network = { subnets: [], securityGroup: 'sg-simulated' };

/** The functions of `lambdas/`, composed over the stores in memory as their entrances compose them over AWS, with the same time limits. */
export const functionsOf = (world: World, settings: FunctionsSettings) => {
  const { org, services } = world;
  const stores = { ...org, alarms: settings.alarms, calls: org.sessions.calls, part: org.artifacts.get, services, org: orgName };
  const defined = <Event, Answer>(
    name: string,
    timeoutSeconds: number,
    create: (parts: FunctionParts) => (event: Event) => Promise<Answer>,
  ) => new SimulatedFunction(world, { name, timeoutMs: timeoutSeconds * second, create }, settings.faults);
  const probing = (parts: FunctionParts) => ({ ...stores, ...parts, ...probePorts(world) });
  const proof = defined('prove-warmth', 300, (parts) => (_event: void) => proveWarmth(probing(parts))());
  const weighOutcome = () =>
    defined('weigh-outcome', 60, (parts) => {
      const ports = { ...stores, ...parts, proveWarmth: async () => void proof.invoke().catch(() => undefined) };
      const judging = { ...ports, judge: judge(ports) };
      const judges = { judgeCandidate: judgeCandidate(judging), watchStable: watchStable(ports) };
      const route = routeOutcomes({ ...ports, ...judges });
      return (sessions: readonly SessionRecord[]) => route(sessions);
    });
  return {
    validate: defined('validate', 60, (parts) => (event: ValidateInput) => {
      const measured = measureTraffic({ calls: org.sessions.calls, clock: parts.clock });
      const ports = { ...stores, ...parts, checkOverlays: checkOverlays(org), measureTraffic: measured };
      const given = { maxCallsPerHost: settings.maxCallsPerHost, stage: 'staging', outlook: noOutlook } as const;
      return validatePromotion({ ...ports, ...given })(event);
    }),
    'check-evidence': defined('check-evidence', 30, () => (event: Promotion) => checkEvidence(org)(event)),
    'prepare-pool': defined('prepare-pool', 30, (parts) => (event: PreparePoolInput) =>
      preparePool({ ...org, ...parts, network, wantedHosts: settings.hostsPerPool })(event),
    ),
    'probe-pool': defined('probe-pool', 60, (parts) => (event: Promotion) => probePool(probing(parts))(event)),
    replay: defined('replay', 30, () => (event: Promotion) => countReplays(org)(event)),
    'start-canary': defined('start-canary', 30, (parts) => (event: StartCanaryInput) =>
      startCanary({ ...stores, ...parts })(event),
    ),
    analyze: defined('analyze', 60, (parts) => {
      const ports = { ...stores, ...parts };
      const look = judgeCanary({ ...ports, judge: judge(ports) });
      return (event: JudgeCanaryInput) => look(event);
    }),
    'continue-promotion': defined('continue-promotion', 30, () => (event: Promotion) => continuePromotion(org)(event)),
    promote: defined('promote', 30, (parts) => (event: Promotion) => promoteCandidate({ ...org, ...parts })(event)),
    'retire-old': defined('retire-old', 60, () => (event: Promotion) => retirePools(org)(event)),
    abort: defined('abort', 30, (parts) => (event: AbortInput) => abortByWorkflow({ ...org, ...parts })(event)),
    notify: defined('notify', 30, (parts) => (event: NotifyInput) => pageRefused({ ...stores, ...parts })(event)),
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
        else if ((await carryOutMoved(ports)([event])).length > 0) throw new FunctionFailed('the set was not carried out');
      };
    }),
    executionEnded: defined('execution-ended', 30, (parts) => (event: ExecutionEndEvent) =>
      answerExecutionEnd({ ...stores, ...parts })(event),
    ),
    /** A new one for each shard of the stream, which has an instance of its own. */
    weighOutcome,
  };
};

export type Functions = ReturnType<typeof functionsOf>;

/** Whether a canary concludes at this traffic takes seconds of real time to play, and is no question of faults. */
const noOutlook: typeof outlookOf = () => ({ text: 'not asked in a simulation' });

/** A probe's call reaches the pool's hosts and speaks at once. Its token is signed outside of virtual time, which stands meanwhile. */
const probePorts = (world: World) => {
  let release: () => void = () => undefined;
  return {
    sessionKey: async () => {
      const key = await world.org.keys.sessionKey();
      release = world.hold();
      return key;
    },
    place: async () => {
      release();
      return { firstAudioMs: 200 };
    },
    random: () => Buffer.alloc(16, Math.floor(world.chance.random() * 256)),
  };
};
