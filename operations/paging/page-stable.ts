import type { Log } from '#core/log.ts';
import type { Page } from '#core/promotion/pager.ts';
import { renderStablePage, type StablePageKind } from '#core/promotion/stable-page.ts';
import type { ReleaseRegistry } from '#core/release/release-registry.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { ServiceName, SetName } from '#core/words/names.ts';
import { tellAfterFlip, tellPeople, type TellPorts } from './tell-people.ts';

export interface PageStablePorts extends TellPorts {
  readonly releases: Pick<ReleaseRegistry, 'get'>;
  readonly org: string;
  readonly log: Log;
}

export interface StablePageRequest {
  readonly kind: StablePageKind;
  readonly service: ServiceName;
  readonly set: SetName;
  readonly reason: string;
  readonly unhealthy: ReleaseId;
  /** Where new calls go now. */
  readonly stable: ReleaseId;
}

/** How the page log names the kinds; what is stored keeps its name. */
const loggedKinds = { unhealthy: 'stable-ill', 'rolled-back': 'stable-rolled-back' } as const satisfies Record<
  StablePageKind,
  string
>;

/** Tells people about an unhealthy stable, once per release. The next outcome comes soon, so a page that fails is logged. */
export const pageStable =
  (ports: PageStablePorts) =>
  (request: StablePageRequest): Promise<void> => {
    const { service, set, kind, unhealthy } = request;
    const subject = `${service}#${set}#${unhealthy}`;
    return tellAfterFlip(ports.log, { service, set }, () =>
      tellPeople(ports)({ subject, kind: loggedKinds[kind], write: () => writePage(ports, request) }),
    );
  };

const writePage = async ({ releases, org }: PageStablePorts, request: StablePageRequest): Promise<Page> => {
  const named = async (release: ReleaseId) => ({
    release,
    version: (await releases.get(release))?.version ?? 'unknown',
  });
  const [unhealthy, stable] = await Promise.all([named(request.unhealthy), named(request.stable)]);
  return renderStablePage({ ...request, org, unhealthy, stable });
};
