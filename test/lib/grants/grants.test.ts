import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { environments } from '#lambdas/entrance/environment.ts';
import { loadOrgs } from '#lib/config.ts';
import { projectRoot } from '#lib/project-root.ts';
import { anOrg, synthOrg } from '../synth-org.ts';
import { actionOf, commandsOfAdapters } from './adapter-actions.ts';
import { exceptions } from './exceptions.ts';
import { grantFindings, resourcesNamedBy } from './grant-findings.ts';
import { allUses, callFindings } from './required-calls.ts';
import { type CfnTemplate, resolveOrg } from './resolved-org.ts';

/** Every org of this project, and one that has a key of its own. */
const orgs = [...loadOrgs({ directory: join(projectRoot, 'orgs') }), anOrg({ stage: 'production' })].map((org) => {
  const templates = synthOrg(org).all.map((one) => one.toJSON() as CfnTemplate);
  return { name: org.name, templates, resolved: resolveOrg(templates, org) };
});

describe.each(orgs)('the grants of $name', ({ resolved, templates }) => {
  test('are read for every function and both tasks', () => {
    const names = [...Object.keys(environments).map((name) => `function ${name}`), 'task edge', 'task host'];
    expect(resolved.programs.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    expect(resolved.programs.filter(({ allowed }) => allowed.length === 0)).toEqual([]);
  });

  test('allow what an environment names, and nothing that it does not name', () => {
    expect(grantFindings(resolved, exceptions)).toEqual([]);
  });

  test('are the calls of the adapters, and no more', () => {
    expect(callFindings(resolved)).toEqual([]);
  });

  test('of the table of uses are all of variables that the environment has', () => {
    const strangers = resolved.programs.flatMap((program) =>
      Object.keys(allUses.get(program.name) ?? {}).filter(
        (variable) => !resourcesNamedBy(program, resolved).some((one) => one.variable === variable),
      ),
    );
    expect(strangers).toEqual([]);
  });

  test('come from own policies: managed ones only write logs and attach to the network', () => {
    const managed = new Set(resolved.programs.flatMap(({ managedPolicies }) => managedPolicies));
    expect([...managed].toSorted()).toEqual([
      'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole',
      'arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole',
    ]);
  });

  test('reach every command of the adapters', () => {
    const text = JSON.stringify(templates);
    expect(Object.values(actionOf).filter((action) => !text.includes(`"${action}"`))).toEqual([]);
  });
});

test('the adapters send no command whose permission is not written down', () => {
  expect([...commandsOfAdapters()].toSorted()).toEqual(Object.keys(actionOf).toSorted());
});
