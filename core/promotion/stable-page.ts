import { shortId } from '../words/digest.ts';

export interface StablePageFacts {
  readonly kind: 'stable-ill' | 'stable-rolled-back';
  readonly org: string;
  readonly service: string;
  readonly set: string;
  /** What tripped, with its numbers, and why calls stay if they do. */
  readonly reason: string;
  readonly ill: { readonly release: string; readonly version: string };
  /** Where new calls go now. */
  readonly stable: { readonly release: string; readonly version: string };
}

/** A page about a release that was fine when it was promoted and is not now (S11, X6). */
export const renderStablePage = (facts: StablePageFacts): { readonly subject: string; readonly body: string } => {
  const { kind, org, service, set, ill, stable, reason } = facts;
  const rolledBack = kind === 'stable-rolled-back';
  const subject = `[${org}] ${service} ${ill.version} ${rolledBack ? 'rolled back' : 'is ill'} on ${set}`;
  const diff = `lastgood release diff ${shortId(stable.release)} ${shortId(ill.release)} --org ${org}`;
  return {
    subject,
    body: [
      `${subject}\n${reason}`,
      `New calls are on ${stable.version} (${shortId(stable.release)}).` +
        (rolledBack
          ? `\nRelease ${shortId(ill.release)} is quarantined.`
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
