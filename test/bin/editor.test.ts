import { existsSync, readFileSync } from 'node:fs';
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

test('what a launch configuration asks for has a default that exists', () => {
  expect(launch.inputs.map(({ id }) => id)).toEqual(['org']);
  for (const { default: org } of launch.inputs) expect(`${root}/orgs/${org}.yaml`).toSatisfy(existsSync);
});
