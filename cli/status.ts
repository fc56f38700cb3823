import { Command } from 'commander';
import { systemClock } from '#core/clock.ts';
import { isLive } from '#core/host/leases.ts';
import type { Org } from '#core/org/org.ts';
import { serviceOf } from '#core/org/services.ts';
import type { Head } from '#core/version-set/head.ts';
import { allowedCommands } from '#core/version-set/state-rules.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import type { ServiceName } from '#core/words/names.ts';
import { exposureText, holdbackText } from './org/describe-head.ts';
import { type OrgAccess, withOrg } from './org/org-access.ts';
import { readOrgs } from './org/read-org.ts';
import { type NameRelease, versionNames } from './org/version-names.ts';
import { plainTable } from './terminal/table.ts';

interface StatusOptions {
  readonly org?: string;
  readonly orgs: string;
  readonly json: boolean;
}

/** One version set as status shows it. */
export interface SetStatus {
  readonly org: string;
  readonly head: Head;
  /** Hosts that take calls now, by release. */
  readonly warmHosts: Readonly<Record<string, number>>;
  readonly allowed: readonly string[];
}

/** `lastgood status [service]`: every org unless one is named. An org that does not answer is an error; the others are shown. */
export const statusCommand = (): Command =>
  new Command('status')
    .description('show where new callers go: stable, candidate and last-good of every version set')
    .argument('[service]', 'one service (default: all)')
    .option('--org <name>', 'one org (default: all of the folder)')
    .option('--orgs <folder>', 'folder of org files', 'orgs')
    .option('--json', 'print one JSON object', false)
    .addHelpText('after', '\nExamples:\n  lastgood status\n  lastgood status appointments --org acme-cardio-useast')
    .action(async (service: string | undefined, options: StatusOptions) => {
      const orgs = await readOrgs(options.org, options.orgs);
      const nowMs = systemClock.now();
      const results = await Promise.allSettled(orgs.map((org) => statusOfOrg(org, service, nowMs)));
      const statuses = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
      if (options.json) process.stdout.write(`${JSON.stringify(statuses.map(({ status }) => status))}\n`);
      else if (results.some(({ status }) => status === 'fulfilled'))
        process.stdout.write(`${statusTable(statuses, nowMs)}\n`);
      results.forEach((result, index) => {
        if (result.status === 'fulfilled') return;
        process.exitCode = 1;
        process.stderr.write(`lastgood: org ${orgs[index]?.name}: ${messageOf(result.reason)}\n`);
      });
    });

interface NamedStatus {
  readonly status: SetStatus;
  readonly nameOf: NameRelease;
}

const statusOfOrg = async (org: Org, service: string | undefined, nowMs: number): Promise<readonly NamedStatus[]> => {
  const services = service === undefined ? org.services.map(({ name }) => name) : [serviceOf(org, service)];
  return withOrg(org, async (access) =>
    (await Promise.all(services.map((name) => statusOfService(access, name, nowMs)))).flat(),
  );
};

export const statusOfService = async (
  access: Pick<OrgAccess, 'org' | 'heads' | 'hosts' | 'releases'>,
  service: ServiceName,
  nowMs: number,
): Promise<readonly NamedStatus[]> => {
  const [heads, nameOf] = await Promise.all([access.heads.list(service), versionNames(access, service)]);
  return Promise.all(
    heads.map(async (head) => ({
      nameOf,
      status: {
        org: access.org.name,
        head,
        warmHosts: await warmHosts(access, service, head, nowMs),
        allowed: allowedCommands(head, head.set),
      },
    })),
  );
};

const warmHosts = async (
  { hosts }: Pick<OrgAccess, 'hosts'>,
  service: ServiceName,
  { stable, candidate, lastGood }: Head,
  nowMs: number,
): Promise<Readonly<Record<string, number>>> => {
  const releases = new Set([stable, lastGood, ...(candidate ? [candidate.release] : [])]);
  const counts = [...releases].map(async (release): Promise<[ReleaseId, number]> => {
    const leases = await hosts.list(service, release);
    return [release, leases.filter((lease) => lease.ready && !lease.draining && isLive(lease, nowMs)).length];
  });
  return Object.fromEntries(await Promise.all(counts));
};

const statusTable = (statuses: readonly NamedStatus[], nowMs: number): string => {
  if (statuses.length === 0) return 'no version set has a release yet; publish one with lastgood release publish';
  const table = plainTable(['org', 'service/set', 'rev', 'stable', 'candidate', 'last-good', 'since']);
  for (const { status, nameOf } of statuses) {
    const { org, head } = status;
    const named = (release: ReleaseId) => `${nameOf(release)}\n${status.warmHosts[release] ?? 0} warm hosts`;
    table.push([
      org,
      `${head.service}/${head.set}${head.frozen ? `\nfrozen by ${head.frozen.by}` : ''}`,
      head.revision,
      named(head.stable),
      head.candidate ? `${named(head.candidate.release)}\n${exposureText(head, nowMs)}` : '',
      head.lastGood === head.stable ? '' : `${named(head.lastGood)}${holdbackText(head, '\n')}`,
      `${head.lastTransition.at}\n${head.lastTransition.kind} by ${head.lastTransition.by}`,
    ]);
  }
  return table.toString();
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
