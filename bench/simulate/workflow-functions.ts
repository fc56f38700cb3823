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
import { judgeCanary } from '#operations/canary/judge-canary.ts';
import { judge } from '#operations/canary/judge.ts';
import { pageRefused } from '#operations/paging/page-refused.ts';
import { preparePool } from '#operations/pool/prepare-pool.ts';
import { probePool } from '#operations/pool/probe-pool.ts';
import { retirePools } from '#operations/pool/retire-pools.ts';
import { abortByWorkflow } from '#operations/promotion/abort-by-workflow.ts';
import { checkEvidence } from '#operations/promotion/check-evidence.ts';
import { continuePromotion } from '#operations/promotion/continue-promotion.ts';
import { countReplays } from '#operations/promotion/count-replays.ts';
import { promoteCandidate } from '#operations/promotion/promote-candidate.ts';
import { startCanary } from '#operations/promotion/start-canary.ts';
import { validatePromotion } from '#operations/promotion/validate-promotion.ts';
import { checkOverlays } from '#operations/release/check-overlays.ts';
import { measureTraffic } from '#operations/session/measure-traffic.ts';
import type { FunctionKit } from './function-kit.ts';

const network = { subnets: [], securityGroup: 'sg-simulated' };

/** The functions that the workflow calls, by its names for them. */
export const workflowFunctions = ({ world, settings, stores, defined, probing }: FunctionKit) => {
  const { org } = world;
  return {
    validate: defined('validate', 60, (parts) => (event: ValidateInput) => {
      const measured = measureTraffic({ calls: org.sessions.calls, clock: parts.clock });
      const ports = { ...stores, ...parts, checkOverlays: checkOverlays(org), measureTraffic: measured };
      const given = { maxCallsPerHost: settings.maxCallsPerHost, stage: 'staging', outlook: noOutlook } as const;
      return validatePromotion({ ...ports, ...given })(event);
    }),
    'check-evidence': defined('check-evidence', 30, () => (event: Promotion) => checkEvidence(org)(event)),
    'prepare-pool': defined('prepare-pool', 30, (parts) => {
      const ports = { ...org, ...parts, network, wantedHosts: settings.hostsPerPool };
      return (event: PreparePoolInput) => preparePool(ports)(event);
    }),
    'probe-pool': defined('probe-pool', 60, (parts) => (event: Promotion) => probePool(probing(parts))(event)),
    replay: defined('replay', 30, () => (event: Promotion) => countReplays(org)(event)),
    'start-canary': defined('start-canary', 30, (parts) => {
      const ports = { ...stores, ...parts };
      return (event: StartCanaryInput) => startCanary(ports)(event);
    }),
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
  };
};

/** Whether a canary concludes at this traffic takes seconds of real time to play, and is no question of faults. */
const noOutlook: typeof outlookOf = () => ({ text: 'not asked in a simulation' });
