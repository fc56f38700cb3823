import { parseArgs } from 'node:util';
import { progressDisplay } from '#cli/terminal/progress.ts';
import { LastgoodError } from '#core/errors.ts';
import { benchNamed, benches } from './benches.ts';
import { exitCodeOf, runBench } from './harness.ts';
import { tableOf } from './print.ts';

const usage = 'npm run bench [-- NAME [--json] [--log FILE] [--seed N] [--only TEXT]]';

const list = (): string => {
  const width = Math.max(...benches.map((bench) => bench.name.length));
  return [`${usage}\n`, ...benches.map((bench) => `  ${bench.name.padEnd(width)}  ${bench.describe}`)].join('\n');
};

interface Arguments {
  readonly name: string | undefined;
  readonly json: boolean;
  readonly logFile?: string;
  readonly seed?: number;
  readonly only?: string;
}

const parse = (argv: readonly string[]): Arguments => {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: {
        json: { type: 'boolean', default: false },
        log: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string' },
      },
      allowPositionals: true,
    });
    if (positionals.length > 1) throw new Error(`one bench at a time, got ${positionals.join(' ')}`);
    const { log, seed, only } = values;
    return {
      name: positionals[0],
      json: values.json,
      ...(log !== undefined && { logFile: log }),
      ...(seed !== undefined && { seed: wholeNumber(seed) }),
      ...(only !== undefined && { only }),
    };
  } catch (error) {
    throw new LastgoodError('invalid-input', `${error instanceof Error ? error.message : String(error)}; use ${usage}`);
  }
};

const wholeNumber = (text: string): number => {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new Error(`--seed is a whole number, got ${JSON.stringify(text)}`);
};

const runNamed = async (name: string, { json, name: _name, ...given }: Arguments): Promise<number> => {
  const entry = benchNamed(name);
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => interrupt.abort(new LastgoodError('interrupted', `bench ${name} was stopped`)));
  const display = progressDisplay(name, process.stderr);
  try {
    const bench = await entry.load();
    const report = await runBench(bench, {
      progress: display.progress,
      signal: interrupt.signal,
      ...given,
    });
    display.stop();
    process.stdout.write(`${json ? JSON.stringify(report) : tableOf(report)}\n`);
    return exitCodeOf(report);
  } finally {
    display.stop();
  }
};

const main = async (): Promise<number> => {
  const given = parse(process.argv.slice(2));
  if (given.name !== undefined) return runNamed(given.name, given);
  process.stdout.write(`${list()}\n`);
  return 0;
};

try {
  process.exitCode = await main();
} catch (error) {
  const failure = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`${failure instanceof LastgoodError ? failure.message : failure.stack}\n`);
  process.exitCode = exitCodeOf(failure);
}
