import { spawn } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';
import { bundleEntry } from '#core/release/bundle.ts';
import { compileParameters } from '#core/release/json-schema.ts';
import { ToolDescription } from '#core/release/tool.ts';

/** Loading a module and copying its descriptions; far less than a second when nothing is wrong. */
const timeoutMs = 10_000;
const maxAnswerCharacters = 2_000_000;

/** Runs in its own process. Values that are not JSON come back as a text that no schema takes. */
const describer = `
  import { writeSync } from 'node:fs';
  const { tools } = await import(process.argv[1]);
  const plain = (_, value) => (['function', 'bigint', 'symbol', 'undefined'].includes(typeof value) ? '<' + typeof value + '>' : value);
  const answer = Buffer.from(JSON.stringify(tools.map((tool) => (tool === undefined ? null : tool)), plain));
  for (let at = 0; at < answer.length; ) at += writeSync(3, answer, at);
  process.exit(0);
`;

/**
 * Loads the bundled tools once and reads what they say about themselves. Their code is the agent author's: it gets its own
 * process without environment, with no file but the bundle to read, and ten seconds.
 * @param toolFiles in the order of the module's \`tools\`
 * @throws LastgoodError `invalid-input` naming the file and what is missing
 */
export const describeTools = async (
  module: Uint8Array,
  toolFiles: readonly string[],
): Promise<readonly ToolDescription[]> => {
  if (toolFiles.length === 0) return [];
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'lastgood-tools-')));
  try {
    const entry = join(folder, bundleEntry);
    await writeFile(entry, module);
    const found: unknown = JSON.parse(await runDescriber(folder, entry));
    const list = Array.isArray(found) ? found : [];
    return toolFiles.map((file, index) => checkTool(file, list[index]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const runDescriber = async (folder: string, entry: string): Promise<string> => {
  const child = spawn(
    process.execPath,
    [
      '--permission',
      `--allow-fs-read=${folder}`,
      '--no-warnings',
      '--input-type=module',
      '--eval',
      describer,
      pathToFileURL(entry).href,
    ],
    {
      cwd: folder,
      env: { TZ: 'UTC', LANG: 'C' },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    },
  );
  const [, , errors, answers] = child.stdio;
  if (!(errors instanceof Readable) || !(answers instanceof Readable))
    throw new LastgoodError('internal', 'a child process without its pipes');

  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const tooLong = () => child.kill('SIGKILL');
  const [{ code, signal }, answer, complaint] = await Promise.all([
    ended,
    firstCharacters(answers, tooLong),
    firstCharacters(errors, tooLong),
  ]);
  if (answer.length + complaint.length > maxAnswerCharacters)
    throw new LastgoodError('invalid-input', `the tools say more than ${maxAnswerCharacters} characters while loading`);

  if (signal !== null) {
    throw new LastgoodError(
      'invalid-input',
      `the tools did not load within ${timeoutMs / 1_000} s; a tool file only defines its tool and does its work in run()`,
    );
  }
  if (code !== 0) throw new LastgoodError('invalid-input', `the tools cannot be loaded: ${reasonIn(complaint)}`);
  return answer;
};

/** Everything that a stream says; beyond the limit it has to stop and the rest is dropped. */
const firstCharacters = async (stream: Readable, tooLong: () => void): Promise<string> => {
  let all = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    if (all.length > maxAnswerCharacters) tooLong();
    else all += String(chunk);
  }
  return all;
};

/** The line of a stack trace that says what happened. */
const reasonIn = (complaint: string): string =>
  complaint.split('\n').find((line) => /^\w*Error\b/.test(line)) ?? complaint.slice(0, 500).trim();

const checkTool = (file: string, found: unknown): ToolDescription => {
  if (typeof found !== 'object' || found === null) {
    throw new LastgoodError(
      'invalid-input',
      `${file} exports no tool; write: export const tool = { name, description, parameters, permissions, run }`,
    );
  }
  const { run, ...description }: Record<string, unknown> = { ...found };
  if (run !== '<function>')
    throw new LastgoodError('invalid-input', `${file}: the tool has no function run(input, context)`);
  if (!Object.hasOwn(description, 'parameters')) {
    throw new LastgoodError(
      'invalid-input',
      `${file}: the tool has no schema; give parameters, a JSON Schema of its input: { type: 'object', properties: {...} }`,
    );
  }
  const tool = parseOrThrow(ToolDescription, description, file);
  const name = basename(file, '.ts');
  if (tool.name !== name) {
    throw new LastgoodError(
      'invalid-input',
      `${file}: the tool is named ${tool.name}; name it ${name}, or rename the file`,
    );
  }
  compileParameters(tool.parameters, `${file}: parameters`);
  return tool;
};
