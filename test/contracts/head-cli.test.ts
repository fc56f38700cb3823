import { execFile } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { OrgAccess } from '#cli/org/org-access.ts';
import { publishRelease } from '#operations/release/publish-release.ts';
import { lastgood as program } from '#cli/program.ts';
import { buildRelease } from '#cli/agent/build-release.ts';
import { runProgram } from '#cli/run-program.ts';
import { systemClock } from '#core/clock.ts';
import { decisionRecord } from '#core/canary/decision.ts';
import { createAnalysis } from '#core/canary/analysis.ts';
import { planByName } from '#core/canary/plans.ts';
import { ServiceName } from '#core/words/names.ts';
import type { ReleaseId } from '#core/words/digest.ts';
import { VersionLabel } from '#core/release/version-label.ts';
import type { Command } from '#core/version-set/command.ts';
import { promotionIdOf } from '#core/promotion/promotion-input.ts';
import { clinicCopy } from '../examples/agent-copy.ts';
import { productionSet } from '../core/version-set/build.ts';
import { type CliOrgs, orgFile, startCliOrgs } from './cli-orgs.ts';

const service = ServiceName.parse('appointments');

let orgs: CliOrgs;
let one: OrgAccess;
let two: OrgAccess;
let first: ReleaseId;
let second: ReleaseId;

beforeAll(async () => {
  orgs = await startCliOrgs(['acme-one', 'acme-two']);
  [one, two] = orgs.accesses as [OrgAccess, OrgAccess];
  await using oldAgent = await clinicCopy();
  await using newAgent = await clinicCopy('1.1');
  first = (await publishRelease(one, await buildRelease(oldAgent.path), publishing)).release;
  const build = await buildRelease(newAgent.path, { versionLabel: '1.1' });
  second = (await publishRelease(one, build, publishing)).release;
  await move({ kind: 'initialize', release: first, reason: 'first' });
});
afterAll(() => orgs[Symbol.asyncDispose]());

const publishing = { by: 'ci:test', clock: systemClock };

const move = async (command: Command): Promise<number> => {
  const result = await one.heads.apply(service, productionSet, command, { by: 'lambda:test' });
  if (result.kind === 'refused') throw new Error(result.reason);
  return result.head.revision;
};

/** The command line in this process: what it prints, what it complains, and its exit code. */
const lastgood = async (...args: readonly string[]) => {
  const streams = [process.stdout, process.stderr].map((stream) => {
    const written: string[] = [];
    const spy = vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    return { written, spy };
  });
  const [out, err] = streams.map(({ written }) => written) as [string[], string[]];
  try {
    const argv = ['node', 'lastgood', ...args, '--orgs', orgs.folder.path];
    const code = await runProgram(program(), argv, { writeError: (text) => err.push(text) });
    return { code, stdout: out.join(''), stderr: err.join('') };
  } finally {
    process.exitCode = undefined;
    for (const { spy } of streams) spy.mockRestore();
  }
};
const onOne = ['--org', 'acme-one'];
const json = async (...args: readonly string[]) => {
  const { stdout, stderr } = await lastgood(...args, '--json');
  return JSON.parse(stdout || JSON.stringify(stderr)) as unknown;
};

/** A canary of 1.1 that was asked for, exposed, decided on and aborted, written as the workflow writes it. */
const abortedPromotion = async () => {
  const what = { org: one.org.name, service, set: productionSet, release: second, attempt: 1 };
  const promotionId = promotionIdOf(what);
  const plan = planByName('standard');
  const input = {
    ...what,
    promotionId,
    version: VersionLabel.parse('1.1'),
    plan,
    requestedBy: 'ci:deploy',
    continuation: 0,
  };
  await one.promotions.record({
    input,
    executionArn: 'arn:aws:states:us-east-1:444444444444:execution:lastgood-promotion:x',
    startedAt: new Date().toISOString(),
    incumbent: first,
  });
  const seenRevision = (await one.heads.read(service, productionSet))?.revision ?? 1;
  const exposureUntil = new Date(Date.now() + 600_000).toISOString();
  await move({
    kind: 'start-canary',
    promotionId,
    release: second,
    weightPercent: 5,
    exposureUntil,
    seenRevision,
    reason: 'step 1',
  });
  const now = Date.now();
  const analysis = createAnalysis(plan);
  for (let call = 0; call < 30; call += 1) {
    analysis.observe({
      startedAt: new Date(now - 600_000 + call).toISOString(),
      callerId: `caller ${call}`,
      arm: call % 2 === 0 ? 'candidate' : 'stable',
      weightPercent: 50,
      endedAt: new Date(now - 500_000 + call).toISOString(),
      outcome: call % 2 === 0 ? 'failed' : 'completed',
      sessionId: `session-${call}`,
    });
  }
  const verdict = analysis.verdict(now);
  const { key } = await one.promotions.decide(promotionId, {
    at: new Date(now).toISOString(),
    verdict: verdict.verdict,
    reason: verdict.reason,
    record: JSON.parse(JSON.stringify(decisionRecord(plan, analysis, verdict))),
  });
  await move({ kind: 'abort', promotionId, reason: verdict.reason, evidence: key });
  const end = {
    outcome: 'aborted',
    reason: verdict.reason,
    by: 'lambda:analyze',
    endedAt: new Date().toISOString(),
  } as const;
  await one.promotions.end(promotionId, end);
  return { promotionId, verdict, key };
};

describe('the command line of version sets', () => {
  test('status shows every set of every org', async () => {
    const statuses = await json('status');
    expect(statuses).toMatchObject([
      { org: 'acme-one', head: { set: 'edge', stable: second } },
      { org: 'acme-one', head: { set: 'release', stable: first }, allowed: expect.arrayContaining(['start-canary']) },
    ]);
    const { stdout } = await lastgood('status', 'appointments', ...onOne);
    expect(stdout).toContain(`1.0 (${first.slice(0, 12)})`);
    expect(stdout).toContain('0 warm hosts');
  });

  test('invariant 7: freeze, roll back while frozen, unfreeze, with DynamoDB alone', async () => {
    const promotionId = promotionIdOf({ org: one.org.name, service, set: productionSet, release: second, attempt: 9 });
    const exposureUntil = new Date(Date.now() + 600_000).toISOString();
    const seenRevision = (await one.heads.read(service, productionSet))?.revision ?? 1;
    await move({
      kind: 'start-canary',
      promotionId,
      release: second,
      weightPercent: 5,
      exposureUntil,
      seenRevision,
      reason: 'x',
    });
    const frozen = await lastgood('freeze', 'appointments', ...onOne, '--reason', 'holiday', '--by', 'on-call');
    expect(frozen.stdout).toMatch(/candidate {2}1\.1 \([0-9a-f]{12}\) at 5 % of new callers for \d+ s/);
    expect(await json('rollback', 'appointments', ...onOne, '--reason', 'unhealthy')).toMatchObject({
      moved: true,
      head: { stable: first, frozen: { reason: 'holiday' } },
    });
    const again = await lastgood('rollback', 'appointments', ...onOne, '--from', '1.1');
    expect(again.stdout).toContain('nothing to do');
    const nowhere = await lastgood('rollback', 'appointments', ...onOne, '--from', 'stable');
    expect(nowhere).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/nothing to go back to; publish a repaired/),
    });
    expect((await lastgood('unfreeze', 'appointments', ...onOne, '--reason', 'over')).code).toBe(0);
    const entries = await json('history', 'appointments', ...onOne, '--limit', '4');
    expect(entries).toMatchObject([
      { kind: 'unfreeze', by: expect.stringMatching(/^(cli:|ci)./) },
      { kind: 'roll-back', reason: 'unhealthy', promotionId },
      { kind: 'freeze', by: 'on-call' },
      { kind: 'start-canary', by: 'lambda:test' },
    ]);
  });

  test('a user without an entry in the passwd file moves a head, too', async () => {
    // Only root can become another user; everybody else moves it as who they are.
    const becomesStranger = process.getuid?.() === 0;
    const script = `
      const { lastgood } = await import(${JSON.stringify(new URL('../../cli/program.ts', import.meta.url).href)});
      const { runProgram } = await import(${JSON.stringify(new URL('../../cli/run-program.ts', import.meta.url).href)});
      const run = (...args) => runProgram(
        lastgood(),
        ['node', 'lastgood', ...args, '--orgs', ${JSON.stringify(orgs.folder.path)}, '--org', 'acme-one'],
        { writeError: (text) => process.stderr.write(text) },
      );
      // Reads whatever is loaded late, which a stranger may not be allowed to.
      await run('status');
      if (${becomesStranger}) process.setuid(54321);
      process.exitCode = await run('freeze', 'appointments', '--reason', 'by a stranger');
    `;
    await chmod(orgs.folder.path, 0o755);
    const env = { ...process.env, GITHUB_ACTIONS: '', GITLAB_CI: '', BUILDKITE: '' };
    await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { env });
    const [latest] = await one.history.list(service, productionSet, 1);
    expect(latest).toMatchObject({ kind: 'freeze', reason: 'by a stranger' });
    expect(latest?.by).toMatch(becomesStranger ? /^cli:uid-54321$/ : /^cli:.+$/);
    expect((await lastgood('unfreeze', 'appointments', ...onOne, '--reason', 'over')).code).toBe(0);
  });

  test('history answers what ran at a moment, and says when nothing did', async () => {
    expect(await json('history', 'appointments', ...onOne, '--at', new Date().toISOString())).toMatchObject([
      { to: { stable: first } },
    ]);
    expect((await lastgood('history', 'appointments', ...onOne, '--at', '2020-01-01')).stdout).toContain(
      'no release then',
    );
    const wrong = await lastgood('history', 'appointments', ...onOne, '--at', 'yesterday');
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('write it like') });
  });

  test('why tells who asked, the verdict, the evidence, the flip and the exact diff', async () => {
    const { promotionId, verdict, key } = await abortedPromotion();
    expect(verdict.verdict).toBe('abort');
    const { stdout } = await lastgood('why', promotionId.slice(0, 8));
    for (const part of [
      'asked for by ci:deploy',
      `It was aborted: ${verdict.reason}`,
      'decision 1: abort',
      'start-canary by lambda:test: step 1',
      key,
      'errorRate: candidate fails 6 of 6 calls, stable 0 of 5',
      'find_slots',
    ])
      expect(stdout).toContain(part);
    expect(await lastgood('why', 'f'.repeat(32))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('acme-two'),
    });
  });

  test('metrics count the promotion and hold it against its targets', async () => {
    expect(await json('metrics', 'appointments', ...onOne)).toMatchObject({ promoted: 0, aborted: 2, successRate: 0 });
    const { stdout } = await lastgood('metrics', 'appointments', ...onOne, '--days', '1');
    expect(stdout).toMatch(/success rate .*0\.0 % .*> 95 % .*NO/);
    expect(stdout).toMatch(/share of 1\.0 \(/);
  });

  test('quarantine bars a release in every org, also where it is unknown, and an override is on record', async () => {
    const reason = ['--reason', 'double bookings', '--by', 'on-call'];
    expect(await json('quarantine', '1.1', ...reason)).toEqual({
      release: second,
      results: [
        { org: 'acme-one', outcome: 'quarantined', servedBy: ['appointments/edge'] },
        { org: 'acme-two', outcome: 'quarantined', servedBy: [] },
      ],
    });
    expect(await two.releases.standing(second)).toBe('quarantined');
    expect((await lastgood('quarantine', '1.1', ...reason)).stdout).toContain('was quarantined');
    const refused = await lastgood('promote', 'appointments', '1.1', ...onOne, '--attempt', '2');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/quarantined.*--override/s) });
    await lastgood('quarantine', second, ...reason, '--override', ...onOne);
    expect(await one.releases.standing(second)).toBe('registered');
    expect(await two.releases.standing(second)).toBe('quarantined');
    expect(await one.evidence.list(second, 'override')).toMatchObject([{ summary: 'double bookings', by: 'on-call' }]);
    expect(await lastgood('quarantine', '7.7', ...reason)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('7.7'),
    });
  });

  test('an org that does not answer is named, and the others are shown', async () => {
    await orgs.folder.write('acme-lost.yaml', orgFile('acme-lost', '555555555555'));
    const { code, stdout, stderr } = await lastgood('status');
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('org acme-lost') });
    expect(stdout).toContain('acme-one');
  });

  test('names that do not exist are refused with those that do', async () => {
    expect((await lastgood('history', 'billing', ...onOne)).stderr).toContain('it runs appointments');
    expect((await lastgood('freeze', 'appointments', '--reason', 'x')).stderr).toContain('name an org with --org');
    expect((await lastgood('promote', 'appointments', '9.9', ...onOne)).stderr).toContain('the newest are 1.1');
    expect((await lastgood('promote', 'appointments', '1.1', ...onOne, '--to', 'edge')).stderr).toContain('by itself');
  });
});
