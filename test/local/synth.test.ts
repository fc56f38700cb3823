import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { synthesize } from '#local/synth.ts';
import { temporaryFolder } from './test-context.ts';

/** A project whose CDK app is the given program. */
const projectWith = (app: string): { projectRoot: string; outputFolder: string } => {
  const projectRoot = temporaryFolder();
  mkdirSync(join(projectRoot, 'bin'));
  writeFileSync(join(projectRoot, 'bin', 'app.ts'), app);
  writeFileSync(
    join(projectRoot, 'cdk.json'),
    JSON.stringify({ app: 'node bin/app.ts', context: { '@aws-cdk/flag': true, org: 'from-file' } }),
  );
  return { projectRoot, outputFolder: join(projectRoot, 'cdk.out') };
};

const writesContext = `
const fs = require('node:fs');
console.log('bundling');
fs.writeFileSync(process.env.CDK_OUTDIR + '/manifest.json', process.env.CDK_CONTEXT_JSON);
`;

describe('synthesis', () => {
  test('gives the app the context that the CDK toolkit would, and tells its progress', async () => {
    const lines: string[] = [];
    const folder = await synthesize({
      ...projectWith(writesContext),
      orgs: ['acme', 'beta'],
      context: { extra: 1 },
      progress: (line) => lines.push(line),
    });
    expect(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))).toEqual({
      '@aws-cdk/flag': true,
      org: 'acme,beta',
      extra: 1,
    });
    expect(lines).toEqual(['bundling']);
  });

  test('shows the end of what a failing app wrote', async () => {
    await expect(
      synthesize(projectWith(`console.error('orgs/acme.yaml: zone: must be us or eu'); process.exit(2);`)),
    ).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringMatching(/exit code 2[^]*must be us or eu/) as string,
    });
  });

  test('refuses an app that ends well and writes nothing', async () => {
    await expect(synthesize(projectWith(''))).rejects.toMatchObject({ code: 'invalid-input' });
  });

  test('can be stopped', async () => {
    const stop = new AbortController();
    const pending = synthesize({
      ...projectWith(`console.log('started'); setInterval(() => {}, 1000);`),
      signal: stop.signal,
      progress: () => stop.abort(),
    });
    await expect(pending).rejects.toMatchObject({ code: 'interrupted' });
  });
});
