import { userInfo } from 'node:os';
import { InvalidArgumentError, Option } from 'commander';

/** Longest name that the history keeps. */
const maxCharacters = 256;

/** What the process knows about who runs it; only a command's action says `thisMachine`. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Name of the user. Throws where the user's number has no name, as in many containers. */
  readonly userName: () => string;
  /** Number of the user; undefined where there are none. */
  readonly userId: () => number | undefined;
}

export const thisMachine: Surroundings = {
  environment: process.env,
  userName: () => userInfo().username,
  userId: () => process.getuid?.(),
};

/** Options of the commands that leave a name in history or records. */
export interface ByOptions {
  readonly by?: string;
}

export const byOption = (): Option =>
  new Option(
    '--by <who>',
    'who does this, for the history (default: the job of GitHub Actions, GitLab or Buildkite, or the user of this machine)',
  ).argParser(given);

/** Who stands in history and records: who was named, the CI job, or the user of this machine. It never fails. */
export const byOf = ({ by }: ByOptions, { environment, userName, userId }: Surroundings): string =>
  by ?? readable(ciJob(environment) ?? `cli:${nameOf(userName) ?? numberOf(userId())}`);

interface CiSystem {
  /** Set where this system runs. */
  readonly flag: string;
  readonly actor: string;
  readonly job: string;
}

/**
 * https://docs.github.com/en/actions/reference/workflows-and-actions/variables,
 * https://docs.gitlab.com/ci/variables/predefined_variables/,
 * https://buildkite.com/docs/pipelines/configure/environment-variables
 */
const ciSystems: readonly CiSystem[] = [
  { flag: 'GITHUB_ACTIONS', actor: 'GITHUB_ACTOR', job: 'GITHUB_JOB' },
  { flag: 'GITLAB_CI', actor: 'GITLAB_USER_LOGIN', job: 'CI_JOB_NAME' },
  { flag: 'BUILDKITE', actor: 'BUILDKITE_BUILD_CREATOR', job: 'BUILDKITE_STEP_KEY' },
];

/** `ci:<actor>/<job>` */
const ciJob = (environment: Surroundings['environment']): string | undefined => {
  const system = ciSystems.find(({ flag }) => environment[flag] === 'true');
  if (system === undefined) return undefined;
  const parts = [environment[system.actor], environment[system.job]].filter(
    (part) => part !== undefined && part !== '',
  );
  return parts.length === 0 ? 'ci' : `ci:${parts.join('/')}`;
};

const nameOf = (userName: () => string): string | undefined => {
  try {
    return userName() || undefined;
  } catch {
    return undefined;
  }
};

const numberOf = (userId: number | undefined): string => (userId === undefined ? 'unknown' : `uid-${userId}`);

/** One line without control characters: names of CI users are free text. */
const readable = (text: string): string =>
  text
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, maxCharacters)
    .toWellFormed();

const given = (text: string): string => {
  if (text === readable(text) && text !== '') return text;
  throw new InvalidArgumentError(`It must be one line of 1 to ${maxCharacters} characters.`);
};
