import type { ErrorCode } from '../errors.ts';
import type { ReleaseStanding } from '../version-set/command.ts';
import type { Head } from '../version-set/head.ts';
import { type ReleaseId, shortId } from '../words/digest.ts';
import type { PromotionId } from '../words/ids.ts';

/** What hosts of a pool say about themselves. */
export interface PoolHost {
  readonly ready: boolean;
  readonly draining: boolean;
  /** Epoch milliseconds. */
  readonly leaseUntil: number;
}

/** Everything that decides whether a promotion may begin, read at one moment. */
export interface ReadinessFacts {
  readonly nowMs: number;
  readonly promotionId: PromotionId;
  readonly service: string;
  readonly release: ReleaseId;
  readonly head: Head | undefined;
  readonly standing: ReleaseStanding;
  /** Service that the manifest names. @default - the manifest is not stored */
  readonly manifestService: string | undefined;
  /** Why the stored parts are not what the manifest names. @default - every part was read and is whole */
  readonly contentProblem?: Problem;
  /** Hosts of the release that is stable now, which becomes last-good. */
  readonly stableHosts: readonly PoolHost[];
  /** Hosts of the present last-good release. */
  readonly lastGoodHosts: readonly PoolHost[];
  /** Calls that are open now. */
  readonly liveCalls: number;
  readonly maxCallsPerHost: number;
  /** Why overlays do not fit the release, one line each, naming customer and field (S14). */
  readonly overlayProblems: readonly string[];
}

export interface Problem {
  readonly code: ErrorCode;
  readonly text: string;
}

/** Every reason why the promotion may not begin; empty when it may. */
export const readinessProblems = (facts: ReadinessFacts): readonly Problem[] => [
  ...releaseProblems(facts),
  ...headProblems(facts),
  ...capacityProblems(facts),
  ...facts.overlayProblems.map((text): Problem => ({ code: 'transition-refused', text })),
];

const releaseProblems = ({
  standing,
  manifestService,
  service,
  release,
  contentProblem,
}: ReadinessFacts): Problem[] => {
  const name = `release ${shortId(release)}`;
  if (standing === 'unknown' || manifestService === undefined)
    return [{ code: 'not-found', text: `${name} is not registered here; publish it first` }];
  const problems: Problem[] = [];
  if (manifestService !== service) {
    problems.push({
      code: 'invalid-input',
      text: `${name} is of service ${manifestService}, not of ${service}; promote it to its own service`,
    });
  }
  if (standing === 'quarantined') {
    problems.push({
      code: 'quarantined',
      text: `${name} is quarantined; publish a repaired release, or record an override with a reason`,
    });
  }
  if (contentProblem) problems.push(contentProblem);
  return problems;
};

const headProblems = ({ head, promotionId, release }: ReadinessFacts): Problem[] => {
  if (head === undefined) return [];
  const name = `${head.service}/${head.set}`;
  const problems: Problem[] = [];
  if (head.candidate && head.candidate.promotionId !== promotionId) {
    problems.push({
      code: 'transition-refused',
      text: `promotion ${head.candidate.promotionId} runs on ${name}; wait for it or abort it`,
    });
  }
  const suspected = head.holdback?.suspected;
  if (suspected) {
    problems.push({
      code: 'transition-refused',
      text: `stable on ${name} is suspected since ${suspected.at} ("${suspected.reason}"); wait for its comparison with last-good, or roll back first`,
    });
  }
  if (head.frozen) {
    problems.push({
      code: 'transition-refused',
      text: `${name} was frozen by ${head.frozen.by} ("${head.frozen.reason}"); unfreeze it first`,
    });
  }
  if (head.stable === release && head.lastPromotion?.promotionId !== promotionId)
    problems.push({ code: 'transition-refused', text: `release ${shortId(release)} is stable on ${name} already` });
  else if (head.lastGood === release && head.stable !== release) {
    problems.push({
      code: 'transition-refused',
      text: `release ${shortId(release)} is last-good on ${name}: roll back to it, a promotion could only bar the way back`,
    });
  }
  return problems;
};

/**
 * While the candidate takes calls, going back means stable takes them all again; after the promotion, stable is last-good.
 * So stable must carry what is live now, and the present last-good must be warm (S10).
 */
const capacityProblems = (facts: ReadinessFacts): Problem[] => {
  const { head, nowMs, liveCalls, maxCallsPerHost } = facts;
  if (head === undefined) return [];
  const problems: Problem[] = [];
  const capacity = warmHosts(facts.stableHosts, nowMs) * maxCallsPerHost;
  if (capacity === 0) {
    problems.push({
      code: 'pool-not-ready',
      text: `stable release ${shortId(head.stable)} has no warm host, so there is nothing to go back to; repair its pool`,
    });
  } else if (capacity < liveCalls) {
    problems.push({
      code: 'pool-not-ready',
      text:
        `stable release ${shortId(head.stable)} carries at most ${capacity} calls and ${liveCalls} are live; ` +
        `raise pool.hosts or pool.maxProcesses before promoting`,
    });
  }
  if (head.lastGood !== head.stable && warmHosts(facts.lastGoodHosts, nowMs) === 0) {
    problems.push({
      code: 'pool-not-ready',
      text: `last-good release ${shortId(head.lastGood)} has no warm host; repair its pool, or nothing is behind stable`,
    });
  }
  return problems;
};

/** Hosts that take calls now. */
export const warmHosts = (hosts: readonly PoolHost[], nowMs: number): number =>
  hosts.filter((host) => host.ready && !host.draining && host.leaseUntil > nowMs).length;
