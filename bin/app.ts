import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import { isLastgoodError } from '#core/errors.ts';
import { loadOrgs } from '#lib/config.ts';
import { OrgStage } from '#lib/stages/org-stage.ts';

/** `cdk synth` runs this file. `-c org=name[,name]` selects orgs; `-c orgs=folder` reads another folder. */
const synthesize = (): void => {
  const app = new App({ analyticsReporting: false });
  const contextText = (key: string): string | undefined => {
    const value: unknown = app.node.tryGetContext(key);
    return typeof value === 'string' ? value : undefined;
  };
  const directory = contextText('orgs') ?? join(dirname(fileURLToPath(import.meta.url)), '..', 'orgs');
  const select = contextText('org');
  for (const org of loadOrgs({ directory, ...(select !== undefined && { select }) }))
    new OrgStage(app, org.name, { org });
  app.synth();
};

try {
  synthesize();
} catch (error) {
  if (!isLastgoodError(error)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
}
