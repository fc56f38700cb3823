import { shortId } from '../words/digest.ts';
import type { Page } from './pager.ts';

/** What became of a stable release that is not healthy any more: it stays, or calls went back to last-good. */
export type StablePageKind = 'unhealthy' | 'rolled-back';

export interface StablePageFacts {
  readonly kind: StablePageKind;
  readonly org: string;
  readonly service: string;
  readonly set: string;
  /** What tripped, with its numbers, and why calls stay if they do. */
  readonly reason: string;
  readonly unhealthy: { readonly release: string; readonly version: string };
  /** Where new calls go now. */
  readonly stable: { readonly release: string; readonly version: string };
}

/** A page about a release that was fine when it was promoted and is not now (S11, X6). */
export const renderStablePage = (facts: StablePageFacts): Page => {
  const { kind, org, service, set, unhealthy, stable, reason } = facts;
  const rolledBack = kind === 'rolled-back';
  const subject = `[${org}] ${service} ${unhealthy.version} ${rolledBack ? 'rolled back' : 'is unhealthy'} on ${set}`;
  const diff = `lastgood release diff ${shortId(stable.release)} ${shortId(unhealthy.release)} --org ${org}`;
  return {
    subject,
    body: [
      `${subject}\n${reason}`,
      `New calls are on ${stable.version} (${shortId(stable.release)}).` +
        (rolledBack
          ? `\nRelease ${shortId(unhealthy.release)} is quarantined.`
          : '\nNothing was moved: it is for people to decide.'),
      [
        'Next:',
        `  lastgood status ${service} --org ${org}`,
        `  lastgood history ${service} --set ${set} --org ${org}`,
        ...(rolledBack ? [`  ${diff}`] : [`  lastgood rollback ${service} --set ${set} --org ${org}`]),
      ].join('\n'),
    ].join('\n\n'),
  };
};
