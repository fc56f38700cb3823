import { Command } from 'commander';
import { systemClock } from '#core/clock.ts';
import { LastgoodError } from '#core/errors.ts';
import type { ServiceName } from '#core/words/names.ts';
import { ReleaseId, shortId } from '#core/words/digest.ts';
import { byOf, byOption, type ByOptions, thisMachine } from './options/by.ts';
import { reasonOf } from './options/reason.ts';
import { type OrgAccess, accessOrg } from './org/org-access.ts';
import { readOrgs } from './org/read-org.ts';

interface QuarantineOptions extends ByOptions {
  readonly service?: string;
  readonly org?: string;
  readonly orgs: string;
  readonly override: boolean;
  readonly reason: string;
  readonly json: boolean;
}

/** What was done in one org. */
export interface QuarantineResult {
  readonly org: string;
  readonly outcome: 'quarantined' | 'was quarantined' | 'overridden' | 'was not quarantined' | 'failed';
  readonly problem?: string;
  /** Sets where new callers meet the release now: a quarantine moves no pointer. */
  readonly servedBy: readonly string[];
}

/** `lastgood quarantine <release>` (R9): by digest, in every org, also where the release is not published yet. */
export const quarantineCommand = (): Command =>
  new Command('quarantine')
    .description('bar a release by its digest from being promoted, in every org of the folder')
    .argument('<release>', 'version label, id, or the beginning of an id')
    .requiredOption('--reason <text>', 'why, for the record', reasonOf)
    .option('--override', 'lift the quarantine instead; recorded as evidence for good', false)
    .option('--service <name>', 'service of the release; needed for labels that several services have')
    .option('--org <name>', 'one org (default: all of the folder)')
    .option('--orgs <folder>', 'folder of org files', 'orgs')
    .addOption(byOption())
    .option('--json', 'print one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  lastgood quarantine 1.4 --service appointments --reason "double bookings"\n' +
        '  lastgood quarantine 1.4 --service appointments --org acme-cardio-useast --override --reason "false alarm, see 4711"',
    )
    .action(async (name: string, options: QuarantineOptions) => {
      const accesses = (await readOrgs(options.org, options.orgs)).map(accessOrg);
      try {
        const release = await findRelease(accesses, name, options.service);
        const results = await quarantineEverywhere(
          accesses,
          release,
          { override: options.override, reason: options.reason, by: byOf(options, thisMachine) },
          new Date(systemClock.now()),
        );
        if (results.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1;
        process.stdout.write(`${options.json ? JSON.stringify({ release, results }) : textOf(release, results)}\n`);
      } finally {
        for (const access of accesses) access.connection.close();
      }
    });

type Registry = Pick<OrgAccess, 'org' | 'releases' | 'evidence' | 'heads'>;

/**
 * The one release that a name means across orgs. A whole id needs no org that knows it.
 * @throws LastgoodError `unknown-name`; `invalid-input` when orgs or services mean different releases
 */
export const findRelease = async (
  accesses: readonly Pick<OrgAccess, 'org' | 'releases'>[],
  name: string,
  service?: string,
): Promise<ReleaseId> => {
  const whole = ReleaseId.safeParse(name);
  if (whole.success) return whole.data;
  const found = new Map<ReleaseId, string[]>();
  for (const { org, releases } of accesses)
    for (const one of servicesOf(org.services, service))
      for (const { releaseId, version } of await releases.list(one))
        if (version === name || (name.length >= 8 && releaseId.startsWith(name)))
          found.set(releaseId, [...(found.get(releaseId) ?? []), `${one} in ${org.name}`]);
  const [only, another] = found.keys();
  if (only !== undefined && another === undefined) return only;
  if (only === undefined)
    throw new LastgoodError(
      'unknown-name',
      `no org knows a release "${name}"; give its version, or its id (64 characters)`,
    );
  const choices = [...found].map(([id, places]) => `${shortId(id)} (${places.join(', ')})`);
  throw new LastgoodError('invalid-input', `"${name}" means several releases: ${choices.join('; ')}; give the id`);
};

const servicesOf = (services: readonly { readonly name: ServiceName }[], wanted?: string): readonly ServiceName[] =>
  services.map(({ name }) => name).filter((name) => wanted === undefined || name === wanted);

/** One org that does not answer keeps no other from being protected; it is reported and the exit code says so. */
export const quarantineEverywhere = (
  accesses: readonly Registry[],
  release: ReleaseId,
  { override, reason, by }: Pick<QuarantineOptions, 'override' | 'reason'> & { readonly by: string },
  now: Date,
): Promise<readonly QuarantineResult[]> =>
  Promise.all(
    accesses.map(async (access): Promise<QuarantineResult> => {
      try {
        const record = { reason, at: now.toISOString(), by };
        const outcome = override ? await lift(access, release, record) : await bar(access, release, record);
        return { org: access.org.name, outcome, servedBy: await servedBy(access, release) };
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        return { org: access.org.name, outcome: 'failed', problem, servedBy: [] };
      }
    }),
  );

interface Record {
  readonly reason: string;
  readonly at: string;
  readonly by: string;
}

const bar = async ({ evidence }: Registry, release: ReleaseId, record: Record) =>
  (await evidence.quarantine(release, record)) ? ('quarantined' as const) : ('was quarantined' as const);

const lift = async ({ evidence }: Registry, release: ReleaseId, record: Record) => {
  const barred = await evidence.quarantineOf(release);
  if (barred === undefined || barred.overriddenAt !== undefined) return 'was not quarantined' as const;
  await evidence.override(release, record);
  return 'overridden' as const;
};

const servedBy = async ({ org, heads }: Registry, release: ReleaseId): Promise<readonly string[]> => {
  const all = (await Promise.all(org.services.map(({ name }) => heads.list(name)))).flat();
  return all
    .filter(({ stable, candidate }) => stable === release || candidate?.release === release)
    .map(({ service, set }) => `${service}/${set}`);
};

const textOf = (release: ReleaseId, results: readonly QuarantineResult[]): string =>
  [
    `release ${release}`,
    ...results.map(({ org, outcome, problem, servedBy: sets }) => {
      const serving =
        sets.length === 0 || outcome === 'overridden'
          ? ''
          : `; callers still meet it on ${sets.join(', ')}: a quarantine moves no pointer, lastgood rollback does`;
      return `  ${org}: ${outcome}${problem === undefined ? '' : `: ${problem}`}${serving}`;
    }),
  ].join('\n');
