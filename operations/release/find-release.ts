import { LastgoodError } from '#core/errors.ts';
import { ReleaseId, shortId } from '#core/words/digest.ts';
import type { ServiceName } from '#core/words/names.ts';
import type { OrgStores } from '../org-stores.ts';

export interface OrgReleases {
  readonly org: OrgStores['org'];
  readonly releases: Pick<OrgStores['releases'], 'list'>;
}

/**
 * The one release that a name means across orgs. A whole id needs no org that knows it.
 * @throws LastgoodError `unknown-name`; `invalid-input` when orgs or services mean different releases
 */
export const findRelease = async (orgs: readonly OrgReleases[], name: string, service?: string): Promise<ReleaseId> => {
  const whole = ReleaseId.safeParse(name);
  if (whole.success) return whole.data;
  const found = new Map<ReleaseId, string[]>();
  for (const { org, releases } of orgs) {
    for (const one of servicesOf(org.services, service)) {
      for (const { releaseId, version } of await releases.list(one)) {
        if (version === name || (name.length >= 8 && releaseId.startsWith(name)))
          found.set(releaseId, [...(found.get(releaseId) ?? []), `${one} in ${org.name}`]);
      }
    }
  }
  const [only, another] = found.keys();
  if (only !== undefined && another === undefined) return only;
  if (only === undefined) {
    throw new LastgoodError(
      'unknown-name',
      `no org knows a release "${name}"; give its version, or its id (64 characters)`,
    );
  }
  const choices = [...found].map(([id, places]) => `${shortId(id)} (${places.join(', ')})`);
  throw new LastgoodError('invalid-input', `"${name}" means several releases: ${choices.join('; ')}; give the id`);
};

const servicesOf = (services: readonly { readonly name: ServiceName }[], wanted?: string): readonly ServiceName[] =>
  services.map(({ name }) => name).filter((name) => wanted === undefined || name === wanted);
