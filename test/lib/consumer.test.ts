import { Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { HandlerFunction } from '#lib/constructs/handler-function.ts';
import { OrgStage } from '#lib/stages/org-stage.ts';
import { anApp, anOrg } from './synth-org.ts';

/** An org with one more function, and what synth says about it. */
const withPromote = (grant: (fn: HandlerFunction<'promote'>, stage: OrgStage) => void): (() => void) => {
  const app = anApp();
  const stage = new OrgStage(app, 'acme-test', { org: anOrg() });
  const stack = new Stack(stage, 'more', { env: { account: '123456789012', region: 'eu-central-1' } });
  const fn = new HandlerFunction(stack, 'Promote', { handler: 'promote', settings: { ORG: 'acme-test' } });
  return () => {
    grant(fn, stage);
    app.synth();
  };
};

describe('a resource comes with its variable', () => {
  test('a function that was granted all it declares synthesizes', () => {
    expect(withPromote((fn, { stateful }) => stateful.tables.registry.grantReadWrite(fn))).not.toThrow();
  });

  test('a declared resource that nobody granted fails synth, and the message names who gives it', () => {
    expect(withPromote(() => undefined)).toThrow(
      /function promote declares REGISTRY_TABLE .*call tables\.registry\.grantRead or grantReadWrite/,
    );
  });

  test('a grant that the environment does not declare neither compiles nor synthesizes', () => {
    const grant = withPromote((fn, { stateful }) => {
      // @ts-expect-error -- promote declares no HOSTS_TABLE
      stateful.tables.hosts.grantRead(fn);
    });
    expect(grant).toThrow(/function promote is granted what HOSTS_TABLE names.*declares no HOSTS_TABLE/);
  });

  test('a missing setting does not compile, and neither does one that a grant gives', () => {
    const stack = new Stack(anApp(), 'more');
    // @ts-expect-error -- ORG is missing
    void new HandlerFunction(stack, 'Missing', { handler: 'promote', settings: {} });
    void new HandlerFunction(stack, 'Extra', {
      handler: 'abort',
      // @ts-expect-error -- REGISTRY_TABLE comes with its grant
      settings: { ORG: 'acme-test', REGISTRY_TABLE: 'lastgood-registry' },
    });
    expect(stack.node.children).toHaveLength(2);
  });

  test('one variable names one resource', () => {
    const grant = withPromote((fn, { stateful }) => {
      stateful.tables.registry.grantRead(fn);
      fn.addEnvironment('REGISTRY_TABLE', 'another-table');
    });
    expect(grant).toThrow(/two resources as REGISTRY_TABLE: lastgood-registry and another-table/);
  });
});
