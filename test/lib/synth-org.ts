import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type Org, parseOrg } from '#core/org/org.ts';
import { projectRoot } from '#lib/project-root.ts';
import { OrgStage } from '#lib/stages/org-stage.ts';

/** An org as its file would say it. */
export const anOrg = (changes: Record<string, unknown> = {}): Org =>
  parseOrg(
    {
      name: 'acme-test',
      account: '123456789012',
      region: 'eu-central-1',
      zone: 'eu',
      services: [{ name: 'appointments', baselineErrorRate: 0.07 }],
      contacts: [{ email: 'on-call@acme.example' }],
      ...changes,
    },
    'orgs/acme-test.yaml',
  );

/** The flags of cdk.json, as the CLI passes them. */
const contextOfCli = (bundled: boolean): Record<string, unknown> => {
  const { context } = JSON.parse(readFileSync(join(projectRoot, 'cdk.json'), 'utf8')) as { context: object };
  return { ...context, 'aws:cdk:bundling-stacks': bundled ? ['**'] : [] };
};

/** Functions are not bundled unless asked for, as for `cdk list`. Without the linter of templates: it takes a second per synth and has nothing to say about what these tests change. */
export const anApp = (outdir?: string, { bundled = false }: { readonly bundled?: boolean } = {}): App =>
  new App({
    ...(outdir !== undefined && { outdir }),
    analyticsReporting: false,
    context: { ...contextOfCli(bundled), '@aws-cdk/core:validateAgainstDefaultRules': false },
  });

export interface SynthesizedOrg {
  readonly app: App;
  readonly stage: OrgStage;
  readonly stateful: Template;
  readonly dataPlane: Template;
  readonly promotion: Template;
  readonly observability: Template;
  readonly all: readonly Template[];
}

const synthesized = new Map<string, SynthesizedOrg>();

/** An org is synthesized once and shared: its templates are read, never changed. */
export const synthOrg = (org: Org): SynthesizedOrg => {
  const key = JSON.stringify(org);
  const known = synthesized.get(key) ?? synthesize(org);
  synthesized.set(key, known);
  return known;
};

const synthesize = (org: Org): SynthesizedOrg => {
  const app = anApp();
  const stage = new OrgStage(app, org.name, { org });
  const of = (stack: Stack): Template => Template.fromStack(stack);
  const stateful = of(stage.stateful);
  const dataPlane = of(stage.dataPlane);
  const promotion = of(stage.promotion);
  const observability = of(stage.observability);
  return {
    app,
    stage,
    stateful,
    dataPlane,
    promotion,
    observability,
    all: [stateful, dataPlane, promotion, observability],
  };
};

export const expectResource = (template: Template, type: string, properties: Record<string, unknown>): void =>
  template.hasResourceProperties(type, properties);

export const expectEach = (template: Template, type: string, properties: Record<string, unknown>): void =>
  template.allResourcesProperties(type, properties);

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

export const resourcesOf = (template: Template): readonly (readonly [string, Resource])[] =>
  Object.entries((template.toJSON() as { Resources: Record<string, Resource> }).Resources);
