import { LastgoodError } from '#core/errors.ts';
import type { ReleaseEvidence } from '#core/evidence/release-evidence.ts';
import { type PageKind, renderPage } from '#core/promotion/page.ts';
import type { Page } from '#core/promotion/pager.ts';
import type { PromotionInput } from '#core/promotion/promotion-input.ts';
import type { PromotionStore } from '#core/promotion/promotion-store.ts';
import { loadRelease } from '#core/release/content.ts';
import { diffReleases, type ReleaseDiff } from '#core/release/diff.ts';
import type { RegisteredRelease, ReleaseRegistry } from '#core/release/release-registry.ts';
import type { HeadStore } from '#core/version-set/head-store.ts';
import type { Head } from '#core/version-set/head.ts';
import type { Digest, ReleaseId } from '#core/words/digest.ts';
import type { TellPorts } from './tell-people.ts';

export interface PagePorts extends TellPorts {
  readonly heads: Pick<HeadStore, 'read'>;
  readonly releases: Pick<ReleaseRegistry, 'get'>;
  readonly evidence: Pick<ReleaseEvidence, 'quarantineOf'>;
  readonly promotions: Pick<PromotionStore, 'get' | 'decisions'>;
  /** Bytes of a part, by digest. */
  readonly part: (digest: Digest) => Promise<Uint8Array>;
}

export interface PageRequest {
  readonly promotion: PromotionInput;
  readonly kind: PageKind;
  readonly reason: string;
  /** Who or what ended it. */
  readonly by: string;
  readonly at: string;
}

/** A page about how a promotion ended. What stands on the head is read again. */
export const writePromotionPage = async (
  ports: PagePorts,
  { promotion, kind, reason, by, at }: PageRequest,
): Promise<Page> => {
  const { promotionId, service, set, release } = promotion;
  const [record, [decision], head, quarantine] = await Promise.all([
    ports.promotions.get(promotionId),
    ports.promotions.decisions(promotionId, 1),
    ports.heads.read(service, set),
    ports.evidence.quarantineOf(release),
  ]);
  const stable = head && (await ports.releases.get(head.stable));
  const incumbent = incumbentOf(head, release, record?.incumbent);
  return renderPage({
    kind,
    promotion,
    reason,
    by,
    at,
    ...(decision && { decision: decision.record }),
    ...(stable && { stable: { version: stable.version, release: stable.releaseId } }),
    quarantined: quarantine !== undefined && quarantine.overriddenAt === undefined,
    ...(incumbent !== undefined && { diff: await readDiff(ports, incumbent, release) }),
  });
};

/** What the release was compared with: stable when the promotion was asked for, or the other one on the head. */
const incumbentOf = (
  head: Head | undefined,
  release: ReleaseId,
  recorded: ReleaseId | undefined,
): ReleaseId | undefined => {
  if (recorded !== undefined && recorded !== release) return recorded;
  return [head?.stable, head?.lastGood].find((other) => other !== undefined && other !== release);
};

/** A page without its diff is still a page. */
const readDiff = async (ports: PagePorts, from: ReleaseId, to: ReleaseId): Promise<ReleaseDiff | string> => {
  try {
    const [before, after] = await Promise.all([from, to].map((id) => readContent(ports, id)));
    return before && after ? diffReleases(before, after) : 'a release could not be read';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const readContent = async ({ releases, part }: PagePorts, release: ReleaseId) =>
  loadRelease(registered(await releases.get(release), release).manifest, part);

const registered = (release: RegisteredRelease | undefined, id: ReleaseId): RegisteredRelease => {
  if (release) return release;
  throw new LastgoodError('not-found', `release ${id} is not registered here`);
};
