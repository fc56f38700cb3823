import type { Context } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { type FunctionParts, lambdaHandler } from '#lambdas/entrance/handler.ts';

const context = {
  awsRequestId: 'request',
  functionName: 'lastgood-abort',
  getRemainingTimeInMillis: () => 1_000,
} as unknown as Context;

const variables = { ORG: 'acme-test', REGISTRY_TABLE: 'registry', AWS_REGION: 'eu-central-1' };

describe('the entrance of a function', () => {
  const before = { ...process.env };
  beforeEach(() => void Object.assign(process.env, variables, { POWERTOOLS_LOG_LEVEL: 'SILENT' }));
  afterEach(() => {
    process.env = { ...before };
  });

  /** Runs `step` behind the entrance of `abort`. @returns its answer, or name and message of its error */
  const invoke = async (step: (event: { n: number }) => Promise<unknown>, event: unknown = { n: 1 }) => {
    const handler = lambdaHandler('abort', z.object({ n: z.number() }), () => step);
    try {
      return await handler(event, context);
    } catch (error) {
      return error instanceof Error ? `${error.name} | ${error.message}` : error;
    }
  };

  test('parses the event, runs the operation, answers', async () => {
    expect(await invoke(({ n }) => Promise.resolve({ twice: 2 * n }))).toEqual({ twice: 2 });
  });

  test('refuses a wrong event before the operation sees it', async () => {
    const seen: unknown[] = [];
    const answer = await invoke((event) => Promise.resolve(seen.push(event)), { n: 'one' });
    expect(answer).toMatch(/^invalid-input \| the event of abort/);
    expect(seen).toEqual([]);
  });

  test('names an error by its code, and one that may pass by the word that the workflow retries', async () => {
    const refused = new LastgoodError('quarantined', 'it is barred');
    const busy = new LastgoodError('aws-failed', 'throttled', { retryable: true });
    expect(await invoke(() => Promise.reject(refused))).toBe('quarantined | it is barred');
    expect(await invoke(() => Promise.reject(busy))).toBe('Retryable | aws-failed: throttled');
    expect(await invoke(() => Promise.reject(new TypeError('a defect')))).toBe('TypeError | a defect');
  });

  test('composes the operation once, with the parts that its name stands for', async () => {
    const composed: FunctionParts<'abort'>[] = [];
    const handler = lambdaHandler('abort', z.object({}), (parts) => {
      composed.push(parts);
      return () => Promise.resolve('done');
    });
    await handler({}, context);
    await handler({}, context);
    expect(composed).toHaveLength(1);
    expect(composed[0]).toMatchObject({ environment: { ORG: 'acme-test' }, by: 'lambda:abort' });
  });

  test('names what its environment lacks', async () => {
    delete process.env['REGISTRY_TABLE'];
    expect(await invoke(() => Promise.resolve('done'))).toMatch(/^environment \| .*REGISTRY_TABLE/s);
  });
});
