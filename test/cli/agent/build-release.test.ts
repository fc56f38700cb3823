import { execFile } from 'node:child_process';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { buildRelease } from '#cli/agent/build-release.ts';
import { unpackBundle } from '#core/release/bundle.ts';
import { type Copy, clinic, clinicCopy, emptyFolder, shuffledCopy } from '../../examples/agent-copy.ts';

const run = promisify(execFile);
const { id: clinicId } = await buildRelease(clinic);

describe('a release', () => {
  test('has one id for the same folder in another place, order, time, mode (R1)', async () => {
    await using copy = await shuffledCopy();
    expect((await buildRelease(copy.path)).id).toBe(clinicId);
  });

  test('has one id in another process with another locale, time zone, working directory and umask (R1)', async () => {
    await using copy = await shuffledCopy();
    const script = `
      process.umask(0o002);
      const { buildRelease } = await import(${JSON.stringify(new URL('../../../cli/agent/build-release.ts', import.meta.url).href)});
      process.stdout.write((await buildRelease('.')).id);
    `;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: copy.path,
      env: { ...process.env, LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', TZ: 'Asia/Kathmandu' },
    });
    expect(stdout).toBe(clinicId);
  });

  test('is the same through a link to its folder', async () => {
    await using folder = await emptyFolder();
    await symlink(clinic, join(folder.path, 'link'));
    expect((await buildRelease(join(folder.path, 'link'))).id).toBe(clinicId);
  });

  test.each([
    ['flow.yaml', 'APPEND'],
    ['prompts/role.md', ''],
    ['tools/find_slots.ts', ''],
    ['tools/clinic/days.ts', ''],
    ['knowledge/insurance.md', ''],
  ])('has another id after one more byte in %s', async (file) => {
    await using copy = await clinicCopy();
    await copy.replace(file, '\n', file.startsWith('knowledge') ? 'x\n' : ' \n');
    expect((await buildRelease(copy.path)).id).not.toBe(clinicId);
  });

  test.each(['evals/appointments.yaml', 'callers/tomorrow.yaml', 'README.md'])(
    'keeps its id when %s changes, which is no part of it',
    async (file) => {
      await using copy = await clinicCopy();
      await copy.replace(file, '\n', '\n\n');
      expect((await buildRelease(copy.path)).id).toBe(clinicId);
    },
  );

  test('names no path of this machine in its code', async () => {
    const build = await buildRelease(clinic);
    const bundle = build.parts.find((part) => part.what === 'bundle');
    const files = await unpackBundle(bundle?.bytes ?? new Uint8Array());
    expect(files.map((file) => file.path)).toEqual([
      'index.mjs',
      'tools/answer_question.ts',
      'tools/book_appointment.ts',
      'tools/clinic/days.ts',
      'tools/find_slots.ts',
    ]);
    expect(files.every((file) => !new TextDecoder().decode(file.bytes).includes(process.cwd()))).toBe(true);
    expect(build.evals).toEqual([{ path: 'evals/appointments.yaml', cases: 4 }]);
  });

  test('takes a version label in place of the one in agent.yaml', async () => {
    expect((await buildRelease(clinic, { versionLabel: '7' })).manifest.version).toBe('7');
    await expect(buildRelease(clinic, { versionLabel: 'latest' })).rejects.toThrow(
      /version: a release names exact things/,
    );
  });
});

type Spoil = (copy: Copy) => Promise<unknown>;

describe('an agent folder is refused', () => {
  test.each<[string, Spoil, RegExp]>([
    [
      'with a malformed agent.yaml',
      (copy) => copy.replace('agent.yaml', 'tier: voice', 'tier: [voice'),
      /agent\.yaml:\d+:\d+: /,
    ],
    [
      'with an unknown key',
      (copy) => copy.replace('agent.yaml', 'tier: voice', 'teir: voice'),
      /line \d+: tier: .*unknown key teir|unknown key teir/s,
    ],
    [
      'with a sixth state on voice',
      (copy) => copy.replace('flow.yaml', 'nodes:\n', 'nodes:\n  extra: {task_messages: [{content: x}]}\n'),
      /flow has 6 states; voice allows 5/,
    ],
    [
      'with a prompt that is missing',
      (copy) => copy.replace('flow.yaml', 'prompts/offer.md', 'prompts/ofer.md'),
      /node offer, task_messages: prompt file prompts\/ofer\.md does not exist; the agent has prompts\/booked\.md/,
    ],
    [
      'with a tool without a schema',
      (copy) =>
        copy.write(
          'tools/extra.ts',
          "export const tool = { name: 'extra', description: 'x', permissions: [], run: () => ({}) };",
        ),
      /tools\/extra\.ts: the tool has no schema; give parameters/,
    ],
    [
      'with a tool whose schema is wrong',
      (copy) => copy.replace('tools/find_slots.ts', "type: 'string'", "type: 'strnig'"),
      /tools\/find_slots\.ts: parameters is not a valid JSON Schema/,
    ],
    [
      'with a schema that is not JSON',
      (copy) => copy.replace('tools/find_slots.ts', 'minLength: 1', 'minLength: 1n'),
      /tools\/find_slots\.ts: parameters is not a valid JSON Schema/,
    ],
    [
      'with a file that exports no tool',
      (copy) => copy.write('tools/extra.ts', 'export const x = 1;'),
      /tools\/extra\.ts exports no tool; write: export const tool =/,
    ],
    [
      'with a tool without run',
      (copy) =>
        copy.write(
          'tools/extra.ts',
          "export const tool = { name: 'extra', description: 'x', parameters: { type: 'object' }, permissions: [] };",
        ),
      /tools\/extra\.ts: the tool has no function run/,
    ],
    [
      'with a tool under another name',
      (copy) => copy.replace('tools/find_slots.ts', "name: 'find_slots'", "name: 'find_slot'"),
      /tools\/find_slots\.ts: the tool is named find_slot; name it find_slots, or rename the file/,
    ],
    [
      'with a tool key that nobody knows',
      (copy) => copy.replace('tools/find_slots.ts', 'permissions:', 'scopes: [], permissions:'),
      /tools\/find_slots\.ts is not valid:\s+top level: unknown key scopes/,
    ],
    [
      'with a tool that does not compile',
      (copy) => copy.replace('tools/find_slots.ts', 'export const tool', 'export const = tool'),
      /tools\/find_slots\.ts:\d+:\d+: /,
    ],
    [
      'with a tool that throws when loaded',
      (copy) => copy.write('tools/extra.ts', "throw new Error('no calendar');"),
      /the tools cannot be loaded: Error: no calendar/,
    ],
    [
      'with a tool that reads files when loaded',
      (copy) => copy.write('tools/extra.ts', "import { readFileSync } from 'node:fs'; readFileSync('/etc/hostname');"),
      /the tools cannot be loaded: .*(permission|restricted)/i,
    ],
    [
      'with a tool that imports from outside',
      (copy) => copy.write('tools/extra.ts', `import '${clinic}/tools/find_slots.ts';`),
      /tools\/extra\.ts imports .*outside the agent's folder/,
    ],
    [
      'with a tool that imports what is not there',
      (copy) => copy.write('tools/extra.ts', "import 'left-pad-nowhere';"),
      /tools\/extra\.ts:1:8: Could not resolve "left-pad-nowhere"/,
    ],
    [
      'with a transition for an impossible outcome',
      (copy) => copy.replace('flow.yaml', 'too_far: null', 'closed: null'),
      /tool find_slots never gives outcome closed/,
    ],
    [
      'with a link out of it',
      (copy) => symlink('/etc/hostname', join(copy.path, 'prompts/host.md')),
      /prompts\/host\.md is a link out of the agent's folder/,
    ],
    [
      'with a link to a folder',
      (copy) => symlink(join(copy.path, 'tools'), join(copy.path, 'knowledge/more')),
      /knowledge\/more is a folder or a link to one/,
    ],
    [
      'with a link to nothing',
      (copy) => symlink('nowhere.md', join(copy.path, 'prompts/gone.md')),
      /prompts\/gone\.md cannot be read: it does not exist/,
    ],
    [
      'with a folder in the place of a file',
      async (copy) => {
        await rm(join(copy.path, 'flow.yaml'));
        await mkdir(join(copy.path, 'flow.yaml'));
      },
      /flow\.yaml is a folder or a link to one; a file is needed/,
    ],
    [
      'with a file that is too large',
      (copy) => copy.write('knowledge/all.md', 'x'.repeat(5_000_001)),
      /knowledge\/all\.md has 5000001 bytes; a file of an agent has at most 5000000/,
    ],
    [
      'with a document that is not text',
      (copy) => copy.write('knowledge/a.md', new Uint8Array([0xff, 0xfe])),
      /knowledge\/a\.md is not UTF-8/,
    ],
    [
      'with a document that nothing reads',
      (copy) => copy.write('knowledge/a.pdf', 'x'),
      /knowledge\/a\.pdf is not read by anything; allowed are \.md and \.txt/,
    ],
    [
      'with a name that is no part of an agent',
      (copy) => copy.write('prompt/a.md', 'x'),
      /holds prompt, which is no part of an agent; allowed are agent\.yaml/,
    ],
    [
      'with an eval of the wrong shape',
      (copy) => copy.replace('evals/appointments.yaml', 'outcome: completed', 'outcome: good'),
      /evals\/appointments\.yaml is not valid:\s+line \d+: cases\[0\]\.expect\.outcome/,
    ],
  ])('%s', async (_name, spoil, message) => {
    await using copy = await clinicCopy();
    await spoil(copy);
    await expect(buildRelease(copy.path)).rejects.toThrow(message);
  });

  test('that does not exist, or is a file, or holds no agent.yaml', async () => {
    await using folder = await emptyFolder();
    await expect(buildRelease(join(folder.path, 'gone'))).rejects.toThrow(
      /no agent folder at .*gone: it does not exist/,
    );
    await expect(buildRelease(join(clinic, 'flow.yaml'))).rejects.toThrow(/is a file; give the folder/);
    await expect(buildRelease(folder.path)).rejects.toThrow(/agent\.yaml cannot be read: it does not exist/);
  });
});
