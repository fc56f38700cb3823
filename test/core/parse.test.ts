import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { isLastgoodError } from '#core/errors.ts';
import { parseOrg } from '#core/org/org.ts';
import { parseOrThrow } from '#core/parse.ts';

const caught = (run: () => unknown): Error => {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('expected an error');
};

const org = {
  name: 'acme',
  account: '111111111111',
  region: 'us-east-1',
  zone: 'us',
  services: [{ name: 'appointments' }],
};

describe('parsing at a boundary', () => {
  test('names the source, the field, the value and what is allowed', () => {
    const schema = z.strictObject({ steps: z.array(z.strictObject({ weight: z.number().max(100) })) });
    const error = caught(() => parseOrThrow(schema, { steps: [{ weight: 400 }], extra: 1 }, 'plan.yaml'));
    expect(isLastgoodError(error, 'invalid-input')).toBe(true);
    expect(error.message).toContain('plan.yaml');
    expect(error.message).toContain('steps[0].weight');
    expect(error.message).toContain('got 400');
    expect(error.message).toContain('unknown key extra');
  });
});

describe('an org', () => {
  test('fills in documented defaults', () => {
    expect(parseOrg(org, 'orgs/acme.yaml')).toMatchObject({
      stage: 'production',
      edge: { desiredCount: 2 },
      pool: { warmProcesses: 10 },
    });
  });

  test('invariant 10: is refused when its region lies outside its zone, naming the regions that do not', () => {
    const error = caught(() => parseOrg({ ...org, zone: 'eu' }, 'orgs/acme.yaml'));
    expect(isLastgoodError(error, 'outside-zone')).toBe(true);
    expect(error.message).toContain('eu-central-1');
  });

  test.each([
    ['an unquoted account', { account: 111_111_111_111 }, 'account'],
    ['a service name that is no DNS label', { services: [{ name: 'Appointments!' }] }, 'services[0].name'],
    ['no service', { services: [] }, 'at least one service'],
    ['an unknown key', { regoin: 'us-east-1' }, 'unknown key regoin'],
  ])('is refused with %s', (_what, change, text) => {
    expect(caught(() => parseOrg({ ...org, ...change }, 'orgs/acme.yaml')).message).toContain(text);
  });
});
