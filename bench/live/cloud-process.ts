import { createWriteStream, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCloud } from '#local/cloud.ts';
import { synthesize } from '#local/synth.ts';

/**
 * The embedded cloud in a process of its own, so that what it does costs the callers of a bench no time. Forked by
 * bring-up.ts; ends with its parent.
 */
export interface CloudProcessSettings {
  readonly projectRoot: string;
  /** Folder with the bench's own orgs. */
  readonly orgsFolder: string;
  readonly assemblyFolder: string;
  readonly logFile: string;
  /** Leaves out the mapping from session records to the function that weighs outcomes: the alarm path is alone then. */
  readonly withoutInBand: boolean;
}

export type CloudProcessMessage =
  | { readonly type: 'step'; readonly text: string }
  | { readonly type: 'ready'; readonly endpoint: string }
  | { readonly type: 'failed'; readonly message: string };

const tell = (message: CloudProcessMessage): void => void process.send?.(message);

const isMapping = (resource: unknown): boolean =>
  typeof resource === 'object' &&
  resource !== null &&
  Reflect.get(resource, 'Type') === 'AWS::Lambda::EventSourceMapping';

/** Takes the event source mappings out of every synthesized template, below the nested folder of each stage too. */
const removeMappings = (folder: string): number => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.template.json'),
  );
  let removed = 0;
  for (const file of files) {
    const path = join(folder, file);
    const template = JSON.parse(readFileSync(path, 'utf8')) as { Resources: Record<string, unknown> };
    const kept = Object.entries(template.Resources).filter(([, resource]) => !isMapping(resource));
    removed += Object.keys(template.Resources).length - kept.length;
    writeFileSync(path, JSON.stringify({ ...template, Resources: Object.fromEntries(kept) }));
  }
  return removed;
};

const run = async (settings: CloudProcessSettings): Promise<void> => {
  const { projectRoot, orgsFolder, assemblyFolder, logFile, withoutInBand } = settings;
  const lines = createWriteStream(logFile, { flags: 'a' });
  const cloud = await startCloud({
    port: 0,
    projectRoot,
    log: ({ at, source, level, name, line }) =>
      lines.write(`${new Date(at).toISOString()} ${level} ${source} ${name} ${line}\n`),
  });
  const close = async (): Promise<void> => {
    await cloud.close();
    process.exit(0);
  };
  process.once('disconnect', () => void close());
  tell({ type: 'step', text: 'synthesizing' });
  await synthesize({ projectRoot, outputFolder: assemblyFolder, context: { orgs: orgsFolder } });
  if (withoutInBand && removeMappings(assemblyFolder) === 0)
    throw new Error('no event source mapping in the templates: the in-band path cannot be switched off');

  tell({ type: 'step', text: 'deploying' });
  await cloud.deploy(assemblyFolder);
  tell({ type: 'ready', endpoint: cloud.endpoint });
};

// Ctrl-C reaches the whole process group; when to leave is the bench's decision.
process.on('SIGINT', () => {});
run(JSON.parse(process.argv[2] ?? '{}') as CloudProcessSettings).catch((error: unknown) => {
  tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
});
