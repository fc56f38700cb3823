import type { ReleaseId } from '#core/words/digest.ts';
import type { Timestamp } from '#core/words/time.ts';
import type { OrgStores } from '../org-stores.ts';

/** What was done in one org. */
export interface QuarantineResult {
  readonly org: string;
  readonly outcome: 'quarantined' | 'was quarantined' | 'overridden' | 'was not quarantined' | 'failed';
  readonly problem?: string;
  /** Sets where new callers meet the release now: a quarantine moves no pointer. */
  readonly servedBy: readonly string[];
}

export interface QuarantineRequest {
  readonly release: ReleaseId;
  readonly reason: string;
  /** A person or CI job. */
  readonly by: string;
  readonly at: Timestamp;
  /** Lift the quarantine instead. */
  readonly override: boolean;
}

export interface OrgQuarantines {
  readonly org: OrgStores['org'];
  readonly evidence: Pick<OrgStores['evidence'], 'quarantine' | 'quarantineOf' | 'override'>;
  readonly heads: Pick<OrgStores['heads'], 'list'>;
}

/** Bars a release by its digest in every org (R9). One org that does not answer keeps no other from being protected. */
export const quarantineEverywhere = (
  orgs: readonly OrgQuarantines[],
  request: QuarantineRequest,
): Promise<readonly QuarantineResult[]> => Promise.all(orgs.map((stores) => quarantineIn(stores, request)));

const quarantineIn = async (stores: OrgQuarantines, request: QuarantineRequest): Promise<QuarantineResult> => {
  const org = stores.org.name;
  try {
    const outcome = request.override ? await lift(stores, request) : await bar(stores, request);
    return { org, outcome, servedBy: await servedBy(stores, request.release) };
  } catch (error) {
    return { org, outcome: 'failed', problem: error instanceof Error ? error.message : String(error), servedBy: [] };
  }
};

const bar = async ({ evidence }: OrgQuarantines, { release, reason, at, by }: QuarantineRequest) =>
  (await evidence.quarantine(release, { reason, at, by })) ? ('quarantined' as const) : ('was quarantined' as const);

const lift = async ({ evidence }: OrgQuarantines, { release, reason, at, by }: QuarantineRequest) => {
  const barred = await evidence.quarantineOf(release);
  if (barred === undefined || barred.overriddenAt !== undefined) return 'was not quarantined' as const;
  await evidence.override(release, { reason, at, by });
  return 'overridden' as const;
};

const servedBy = async ({ org, heads }: OrgQuarantines, release: ReleaseId): Promise<readonly string[]> => {
  const all = (await Promise.all(org.services.map(({ name }) => heads.list(name)))).flat();
  return all
    .filter(({ stable, candidate }) => stable === release || candidate?.release === release)
    .map(({ service, set }) => `${service}/${set}`);
};
