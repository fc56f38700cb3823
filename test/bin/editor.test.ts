import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

interface Launch {
  readonly configurations: readonly Readonly<Record<string, unknown>>[];
  readonly inputs: readonly { readonly id: string; readonly default: string }[];
}
const launch = JSON.parse(readFileSync(`${root}/.vscode/launch.json`, 'utf8')) as Launch;

test.each(launch.configurations.map((one) => [one['name'], one] as const))(
  'the launch configuration "%s" starts what exists',
  (_name, configuration) => {
    const paths = ['runtimeExecutable', 'program', 'cwd'].flatMap((key) => configuration[key] ?? []).map(String);
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths) expect(path.replace('${workspaceFolder}', root)).toSatisfy(existsSync);
  },
);

test.each(['change-one-thing', 'editors'])('every file that docs/%s.md names exists', (page) => {
  const text = readFileSync(`${root}/docs/${page}.md`, 'utf8');
  const rooms = readdirSync(root);
  const paths = [...text.matchAll(/\b(?<path>[\w.-]+\/[\w./-]*[\w/])/g)]
    .map(({ groups }) => groups?.['path'] ?? '')
    .filter((path) => rooms.includes(path.split('/')[0] ?? ''));
  expect(paths.length).toBeGreaterThan(1);
  expect(paths.filter((path) => !existsSync(`${root}/${path}`))).toEqual([]);
});

test('what a launch configuration asks for has a default that exists', () => {
  expect(launch.inputs.map(({ id }) => id)).toEqual(['org']);
  for (const { default: org } of launch.inputs) expect(`${root}/orgs/${org}.yaml`).toSatisfy(existsSync);
});
