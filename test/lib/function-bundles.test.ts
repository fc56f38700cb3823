import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type HandlerName, environments } from '#lambdas/entrance/environment.ts';
import { functionBundle } from '#lib/function-bundles.ts';

const names = Object.keys(environments) as HandlerName[];

/** Loads a bundle as Lambda does, in a process of its own. @returns name and message of what invoking it throws */
const errorOf = (name: HandlerName, event: unknown): string => {
  const script = `
    import { handler } from ${JSON.stringify(join(functionBundle(name), 'index.mjs'))};
    const context = { awsRequestId: 'request', functionName: 'test', getRemainingTimeInMillis: () => 1000 };
    const error = await handler(${JSON.stringify(event)}, context).then(() => new Error('none'), (thrown) => thrown);
    process.stderr.write(error.name + ': ' + error.message, () => process.exit(0));`;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: process.env['PATH'], AWS_REGION: 'eu-central-1', POWERTOOLS_LOG_LEVEL: 'SILENT' },
    encoding: 'utf8',
  });
  return stderr;
};

describe('the bundles of the functions', () => {
  beforeAll(() => {
    functionBundle('validate');
  }, 60_000);

  test('exist for every function, with source maps and the SDK inside', () => {
    for (const name of names) {
      const file = join(functionBundle(name), 'index.mjs');
      expect([name, existsSync(file), existsSync(`${file}.map`)]).toEqual([name, true, true]);
      expect(readFileSync(file, 'utf8')).not.toMatch(/^import .* from "@(aws-sdk|middy|aws-lambda-powertools)/m);
    }
  });

  test('hold nothing of the machine they were made on', () => {
    const map = readFileSync(join(functionBundle('abort'), 'index.mjs.map'), 'utf8');
    const { sources } = JSON.parse(map) as { sources: string[] };
    expect(sources.filter((source) => source.startsWith('/'))).toEqual([]);
    expect(sources.some((source) => source.endsWith('operations/promotion/abort-by-workflow.ts'))).toBe(true);
    expect(sources.some((source) => source.includes(process.cwd()))).toBe(false);
  });

  test.each(['weigh-outcome', 'probe-pool'] as const)(
    '%s loads in plain Node and names what its environment lacks',
    (name) => {
      const error = errorOf(name, { Records: [] });
      expect(error).toMatch(new RegExp(`^environment: the environment of ${name} is not valid`));
      expect(error).toContain('ORG');
    },
  );
});
