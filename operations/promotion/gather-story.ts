import { LastgoodError } from '#core/errors.ts';
import type { Quarantine } from '#core/evidence/release-evidence.ts';
import type { Decision, PromotionRecord } from '#core/promotion/promotion-store.ts';
import { loadRelease } from '#core/release/content.ts';
import { diffReleases, type ReleaseDiff } from '#core/release/diff.ts';
import type { HistoryEntry } from '#core/version-set/head.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { PromotionId } from '#core/words/ids.ts';
import type { OrgStores } from '../org-stores.ts';

/** Everything that is known of one promotion. */
export interface Story {
  readonly promotion: PromotionRecord;
  /** Its own transitions, and later ones away from its release; oldest first. */
  readonly transitions: readonly HistoryEntry[];
  /** Oldest first. */
  readonly decisions: readonly Decision[];
  readonly quarantine?: Quarantine;
  /** From the release that was stable, or why it could not be read. */
  readonly diff?: ReleaseDiff | string;
}

type Stores = Pick<OrgStores, 'org' | 'promotions' | 'history' | 'evidence' | 'releases' | 'artifacts'>;

const maxTransitions = 10_000;

/**
 * Finds a promotion by its id or the beginning of it (6 characters or more).
 * @returns undefined when this org has none
 * @throws LastgoodError `invalid-input` when several begin so
 */
export const findPromotion = async (
  { org, promotions }: Pick<Stores, 'org' | 'promotions'>,
  name: string,
): Promise<PromotionRecord | undefined> => {
  const whole = PromotionId.safeParse(name);
  if (whole.success) return promotions.get(whole.data);
  if (!/^[0-9a-f]{6,31}$/.test(name)) {
    throw new LastgoodError(
      'invalid-input',
      `"${name}" is no promotion; give the id that lastgood promote printed (32 characters of 0-9 and a-f), or its first 6 or more`,
    );
  }
  const lists = await Promise.all(org.services.map((service) => promotions.listByService(service.name, 10_000)));
  const matching = lists.flat().filter((id) => id.startsWith(name));
  const [only, another] = matching;
  if (another !== undefined)
    throw new LastgoodError('invalid-input', `${name} is the beginning of several promotions: ${matching.join(', ')}`);
  return only && promotions.get(only);
};

export const gatherStory = async (stores: Stores, promotion: PromotionRecord): Promise<Story> => {
  const { promotionId, service, set, release } = promotion.input;
  const [entries, decisions, quarantine, diff] = await Promise.all([
    stores.history.list(service, set, maxTransitions),
    stores.promotions.decisions(promotionId),
    stores.evidence.quarantineOf(release),
    promotion.incumbent && diffOf(stores, promotion.incumbent, release),
  ]);
  return {
    promotion,
    transitions: entries.toReversed().filter((entry) => belongs(entry, promotion)),
    decisions: decisions.toReversed(),
    ...(quarantine && { quarantine }),
    ...(diff !== undefined && { diff }),
  };
};

/** A roll-back of the release after its promotion is part of the story, though it names no promotion. */
const belongs = (entry: HistoryEntry, { input, startedAt }: PromotionRecord): boolean =>
  entry.promotionId === input.promotionId ||
  (entry.kind === 'roll-back' && entry.at > startedAt && entry.from?.stable === input.release);

const diffOf = async (
  { releases, artifacts }: Pick<Stores, 'releases' | 'artifacts'>,
  from: ReleaseId,
  to: ReleaseId,
): Promise<ReleaseDiff | string> => {
  try {
    const [before, after] = await Promise.all([releases.get(from), releases.get(to)]);
    if (!before || !after) return 'one of the two releases is not registered in this org';
    const contents = [before, after].map(({ manifest }) => loadRelease(manifest, artifacts.get));
    const [old, fresh] = await Promise.all(contents);
    if (!old || !fresh) throw new LastgoodError('internal', 'a diff needs two releases');
    return diffReleases(old, fresh, {});
  } catch (error) {
    // The story stands without its diff; what is missing is said in its place.
    return error instanceof Error ? error.message : String(error);
  }
};
