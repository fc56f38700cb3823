import { shortId } from '../words/digest.ts';
import type { Page } from './pager.ts';

/** What became of a stable release: half of its callers left it until more is known, it is not healthy and stays, it is healthy again, or all left it. */
export type StablePageKind = 'suspected' | 'unhealthy' | 'recovered' | 'rolled-back';

export interface StablePageFacts {
  readonly kind: StablePageKind;
  readonly org: string;
  readonly service: string;
  readonly set: string;
  /** What was found, with its numbers, or why somebody went back. */
  readonly reason: string;
  /** The release that the page is about. */
  readonly about: { readonly release: string; readonly version: string };
  /** Where new calls go now. */
  readonly stable: { readonly release: string; readonly version: string };
  readonly quarantined: boolean;
  /** Where half of the new calls go, while the release is suspected. @default - all go to stable */
  readonly lastGood?: { readonly release: string; readonly version: string };
  /** Id of the promotion that ended with it. @default - none ran */
  readonly ended?: string;
}

/** A page about a release that was fine when it was promoted (S11, X6). */
export const renderStablePage = (facts: StablePageFacts): Page => {
  const { kind, org, service, set, about, reason } = facts;
  const subject = `[${org}] ${service} ${about.version} ${titles[kind]} on ${set}`;
  return { subject, body: [`${subject}\n${reason}`, placementText(facts), commandsText(facts)].join('\n\n') };
};

const titles = {
  suspected: 'is suspected',
  unhealthy: 'is unhealthy',
  recovered: 'is healthy again',
  'rolled-back': 'rolled back',
} as const satisfies Record<StablePageKind, string>;

const placementText = ({ kind, about, stable, lastGood, quarantined, ended }: StablePageFacts): string =>
  [
    lastGood
      ? `Half of the new calls are on last-good, ${lastGood.version} (${shortId(lastGood.release)}), the others on ${stable.version} (${shortId(stable.release)}). ` +
        'Side by side they are compared: worse, and all go back; no worse, and they return.'
      : `New calls are on ${stable.version} (${shortId(stable.release)}).`,
    ...(quarantined ? [`Release ${shortId(about.release)} is quarantined.`] : []),
    ...(kind === 'unhealthy' ? ['Nothing was moved: it is for people to decide.'] : []),
    ...(ended === undefined ? [] : [`Promotion ${ended}, which was compared with it, ended.`]),
  ].join('\n');

const commandsText = ({ kind, org, service, set, about, stable }: StablePageFacts): string =>
  [
    'Next:',
    `  lastgood status ${service} --org ${org}`,
    `  lastgood history ${service} --set ${set} --org ${org}`,
    ...(kind === 'unhealthy' || kind === 'suspected'
      ? [`  lastgood rollback ${service} --set ${set} --org ${org}`]
      : []),
    ...(kind === 'rolled-back'
      ? [`  lastgood release diff ${shortId(stable.release)} ${shortId(about.release)} --org ${org}`]
      : []),
  ].join('\n');
