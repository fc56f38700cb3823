import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';
import { eachLine } from './processes/lines.ts';

export interface SynthOptions {
  /** Root of the project: the CDK app is `bin/app.ts` in it. */
  readonly projectRoot: string;
  /** Folder that receives the cloud assembly. */
  readonly outputFolder: string;
  /** Names of orgs. @default - all of `orgs/` */
  readonly orgs?: readonly string[];
  /** CDK context values that go along, as `-c key=value` would. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Told about each line of the app's output, for instance one per bundled function. */
  readonly progress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** Bundling a dozen functions takes seconds; a machine under load gets the rest. */
const synthLimitMs = 300_000;
/** Lines of the app's output kept for the error message. */
const maxErrorLines = 40;

/**
 * Runs the CDK app into a folder.
 * @returns the folder of the cloud assembly
 * @throws LastgoodError `invalid-input` with the end of the app's output when it fails, `timeout`, `interrupted`
 */
export const synthesize = async (options: SynthOptions): Promise<string> => {
  const { outputFolder, orgs, progress } = options;
  mkdirSync(outputFolder, { recursive: true });
  const context = {
    ...projectContext(options.projectRoot),
    ...options.context,
    ...(orgs !== undefined && { org: orgs.join(',') }),
  };
  const lines: string[] = [];
  const exit = await runApp(options, context, (line) => {
    lines.push(line);
    if (lines.length > maxErrorLines) lines.shift();
    progress?.(line);
  });
  if (exit === 'interrupted') throw new LastgoodError('interrupted', 'Synthesis was stopped.');
  if (exit === 'timeout') {
    throw new LastgoodError(
      'timeout',
      `The CDK app did not end within ${synthLimitMs / 1_000} s; run "npx cdk synth" to see where it stays.`,
    );
  }
  if (exit !== 0 || !existsSync(join(outputFolder, 'manifest.json')))
    throw new LastgoodError('invalid-input', `The CDK app bin/app.ts failed (exit code ${exit}):\n${lines.join('\n')}`);
  return outputFolder;
};

const CdkJson = z.object({ context: z.record(z.string(), z.unknown()).default({}) });

/** Feature flags of cdk.json and looked-up values of cdk.context.json: what the CDK toolkit would pass as well. */
const projectContext = (projectRoot: string): Readonly<Record<string, unknown>> => {
  const read = (file: string): unknown => {
    const path = join(projectRoot, file);
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  };
  return { ...parseOrThrow(CdkJson, read('cdk.json'), 'cdk.json').context, ...(read('cdk.context.json') as object) };
};

const runApp = (
  options: SynthOptions,
  context: object,
  onLine: (line: string) => void,
): Promise<number | 'interrupted' | 'timeout'> =>
  new Promise((resolve) => {
    const { projectRoot, outputFolder, signal } = options;
    const app = spawn(process.execPath, [join('bin', 'app.ts')], {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        // esbuild, which bundles the functions, is found like the project's other tools.
        PATH: [dirname(process.execPath), join(projectRoot, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(
          ':',
        ),
        CDK_OUTDIR: outputFolder,
        CDK_CONTEXT_JSON: JSON.stringify(context),
      },
    });
    let stopped: 'interrupted' | 'timeout' | undefined;
    const stop = (why: 'interrupted' | 'timeout'): void => {
      stopped = why;
      app.kill('SIGKILL');
    };
    const timer = setTimeout(() => stop('timeout'), synthLimitMs);
    const interrupt = (): void => stop('interrupted');
    signal?.addEventListener('abort', interrupt, { once: true });
    if (signal?.aborted) interrupt();
    eachLine(app.stdout, onLine);
    eachLine(app.stderr, onLine);
    app.once('error', (error) => onLine(`could not start: ${error.message}`));
    app.once('close', (code) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupt);
      resolve(stopped ?? code ?? 1);
    });
  });
