import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byOf, type Surroundings } from '#cli/options/by.ts';

const nobody = (): never => {
  throw new Error('ENOENT: no such user');
};
const on = (environment: Surroundings['environment'], more: Partial<Surroundings> = {}): Surroundings => ({
  environment,
  userName: () => 'ada',
  userId: () => 1_000,
  ...more,
});

describe('who stands in the history', () => {
  test('is who was named, wherever the command runs', () => {
    expect(byOf({ by: 'on-call' }, on({ GITHUB_ACTIONS: 'true', GITHUB_ACTOR: 'ada' }))).toBe('on-call');
  });

  test.each([
    ['the user of this machine', on({}), 'cli:ada'],
    ['the number of a user without a name', on({}, { userName: nobody }), 'cli:uid-1000'],
    ['nobody known, where users have neither', on({}, { userName: nobody, userId: () => undefined }), 'cli:unknown'],
    [
      'actor and job of GitHub Actions',
      on({ GITHUB_ACTIONS: 'true', GITHUB_ACTOR: 'ada', GITHUB_JOB: 'deploy' }),
      'ci:ada/deploy',
    ],
    [
      'user and job of GitLab',
      on({ GITLAB_CI: 'true', GITLAB_USER_LOGIN: 'ada', CI_JOB_NAME: 'promote: us' }),
      'ci:ada/promote: us',
    ],
    [
      'creator and step of Buildkite',
      on({ BUILDKITE: 'true', BUILDKITE_BUILD_CREATOR: 'Ada Example', BUILDKITE_STEP_KEY: 'promote' }),
      'ci:Ada Example/promote',
    ],
    ['the job alone, where nobody asked for it', on({ GITLAB_CI: 'true', CI_JOB_NAME: 'nightly' }), 'ci:nightly'],
    ['a CI system that says nothing else', on({ BUILDKITE: 'true', BUILDKITE_BUILD_CREATOR: '' }), 'ci'],
    ['a CI job in a container without users', on({ GITLAB_CI: 'true' }, { userName: nobody }), 'ci'],
    ['the user, where a CI variable is not set to true', on({ GITHUB_ACTIONS: 'false' }), 'cli:ada'],
  ])('is %s', (_what, surroundings, by) => {
    expect(byOf({}, surroundings)).toBe(by);
  });

  test('is one line of 1 to 256 characters, whatever CI calls its people and jobs', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.string({ maxLength: 400 }), (actor, job) => {
        const by = byOf({}, on({ GITLAB_CI: 'true', GITLAB_USER_LOGIN: actor, CI_JOB_NAME: job }));
        expect(by.length).toBeGreaterThan(0);
        expect(by.length).toBeLessThanOrEqual(256);
        expect(by).not.toMatch(/\p{Cc}/u);
        expect(by.isWellFormed()).toBe(true);
      }),
    );
  });

  test('is known in a real process, also under a user that has no entry in the passwd file', async () => {
    const module = new URL('../../../cli/options/by.ts', import.meta.url).href;
    const strangerId = 54_321;
    // Only root can become another user; everybody else is asked as who they are.
    const becomesStranger = process.getuid?.() === 0;
    const script = `
      const { byOf, thisMachine } = await import(${JSON.stringify(module)});
      if (${becomesStranger}) process.setuid(${strangerId});
      process.stdout.write(byOf({}, { ...thisMachine, environment: {} }));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
    expect(stdout).toMatch(becomesStranger ? /^cli:uid-54321$/ : /^cli:.+$/);
  });
});
