import { assertNever, LastgoodError } from '#core/errors.ts';
import type { Log } from '#core/log.ts';
import type { ServiceSettings } from '#core/promotion/service-settings.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import { activeHoldback } from '#core/version-set/holdback.ts';
import { type ProbePorts, probeRelease, type ProbeResult } from './probe-release.ts';

export interface ProveWarmthPorts extends ProbePorts {
  readonly heads: Pick<HeadStore, 'list'>;
  readonly services: ServiceSettings;
  readonly log: Log;
}

/**
 * Places a synthetic call through every last-good release that carries no calls (S10): warm is what answered. While a holdback has
 * callers, their calls are the better proof.
 * @throws LastgoodError `pool-not-ready` naming those that did not answer, so that the function's own alarm tells of it
 */
export const proveWarmth = (ports: ProveWarmthPorts) => async (): Promise<{ readonly proven: number }> => {
  const { heads, services, log } = ports;
  const cold: string[] = [];
  const idle = await idleLastGoods(heads, services);
  for (const { service, set, lastGood: release } of idle) {
    const result = await probeRelease(ports)({ service, set, release });
    if (result.kind === 'spoke') continue;
    cold.push(`${service}/${set}: ${detailOf(result)}`);
    log.error('last-good-not-warm', { service, set, agent_version: release, detail: detailOf(result) });
  }
  if (cold.length === 0) return { proven: idle.length };
  throw new LastgoodError(
    'pool-not-ready',
    `last-good of ${cold.join('; ')}: repair its pool, or nothing is behind stable`,
  );
};

/** Heads whose last-good is another release than stable and has no callers, each release once. */
const idleLastGoods = async (heads: Pick<HeadStore, 'list'>, services: ServiceSettings): Promise<readonly Head[]> => {
  const lists = await Promise.all(services.map(({ name }) => heads.list(name)));
  const idle = lists.flat().filter((head) => head.lastGood !== head.stable && !activeHoldback(head));
  return [...new Map(idle.map((head) => [head.lastGood, head])).values()];
};

const detailOf = (result: Exclude<ProbeResult, { kind: 'spoke' }>): string => {
  switch (result.kind) {
    case 'no-host':
      return 'no host takes calls';
    case 'silent':
      return result.failures.join('; ');
    default:
      return assertNever(result, 'probe result');
  }
};
