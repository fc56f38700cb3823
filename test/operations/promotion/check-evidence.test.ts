import { describe, expect, test } from 'vitest';
import { isLastgoodError } from '#core/errors.ts';
import type { Evidence } from '#core/evidence/release-evidence.ts';
import { checkEvidence } from '#operations/promotion/check-evidence.ts';
import { countReplays } from '#operations/promotion/count-replays.ts';
import { aPromotion } from '../fake-org.ts';

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return 'none';
  } catch (error) {
    if (isLastgoodError(error)) return error.code;
    throw error;
  }
};

const report = (passed: boolean, changes: Partial<Evidence> = {}): Evidence => ({
  kind: 'evals',
  id: 'suite-1',
  at: '2027-01-04T12:00:00.000Z',
  by: 'ci',
  passed,
  summary: '48 of 50',
  report: {},
  ...changes,
});
const rerun = (passed: boolean, changes: Partial<Evidence> = {}): Evidence =>
  report(passed, { id: 'suite-1-again', suite: 'suite-1', at: '2027-01-05T12:00:00.000Z', ...changes });

describe('check-evidence and replay', () => {
  const check = (found: readonly Evidence[]) =>
    checkEvidence({ evidence: { list: () => Promise.resolve(found) } })(aPromotion());

  test('accept an empty list, and say that it was empty', async () => {
    expect(await check([])).toEqual({
      required: [],
      found: [],
      note: 'no evidence is required and none is attached',
    });
    const replayed = await countReplays({ evidence: { list: () => Promise.resolve([]) } })(aPromotion());
    expect(replayed).toMatchObject({ sessions: 0, note: expect.stringContaining('empty') as string });
  });

  test('name what is attached, and refuse a report that did not pass', async () => {
    expect((await check([report(true)])).found).toEqual(['evals/suite-1']);
    expect(await codeOf(check([report(false)]))).toBe('evidence-missing');
  });

  test.each([
    ['a later run that passed makes up for one that failed', [report(false), rerun(true)], 'none'],
    ['in whatever order they are listed', [rerun(true), report(false)], 'none'],
    ['a later run that failed counts, though one had passed', [report(true), rerun(false)], 'evidence-missing'],
    [
      'an earlier run makes up for nothing',
      [report(false), rerun(true, { at: '2027-01-03T12:00:00.000Z' })],
      'evidence-missing',
    ],
    [
      'of two at one moment the failed one counts',
      [report(false), rerun(true, { at: report(true).at })],
      'evidence-missing',
    ],
    [
      'another suite that passed makes up for nothing',
      [report(false), rerun(true, { suite: 'suite-2' })],
      'evidence-missing',
    ],
    ['another kind of that name neither', [report(false), rerun(true, { kind: 'approval' })], 'evidence-missing'],
  ])('%s', async (_what, found, expected) => {
    expect(await codeOf(check(found))).toBe(expected);
  });
});
