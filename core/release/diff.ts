import { parseFlow } from '../flow/flow.ts';
import { bundleEntry } from './bundle.ts';
import { canonicalJson, releaseIdOf } from './canonical.ts';
import type { ReleaseContent } from './content.ts';
import type { ReleaseId } from '../words/digest.ts';
import { type FieldChange, fieldChanges } from './diff-fields.ts';
import { type FileChange, fileChanges } from './diff-files.ts';
import { openIndex } from './knowledge-index.ts';
import type { PartName } from './parts.ts';
import type { ToolDescription } from './tool.ts';

/** One difference of two releases, at the finest grain that its part has. */
export type Change =
  | FieldChange
  | FileChange
  | { readonly kind: 'tool'; readonly tool: string; readonly status: 'added' | 'removed' }
  | {
      readonly kind: 'permission';
      readonly tool: string;
      readonly permission: string;
      readonly status: 'granted' | 'revoked';
    }
  | {
      readonly kind: 'node';
      readonly node: string;
      readonly status: 'added' | 'removed' | 'changed';
      readonly fields: readonly FieldChange[];
    };

/** The five parts, and what stands beside them: identity (version, channels, tier) and the controls (R5). */
export type DiffSection = PartName | 'identity' | 'controls';

export interface ReleaseDiff {
  readonly from: { readonly release: ReleaseId; readonly service: string; readonly version: string };
  readonly to: { readonly release: ReleaseId; readonly service: string; readonly version: string };
  /** Changed sections only; empty for equal releases. */
  readonly sections: readonly { readonly section: DiffSection; readonly changes: readonly Change[] }[];
  /** What was left out to keep the diff small enough for a page: never silently. */
  readonly cut: { readonly changes: number; readonly lines: number };
}

export interface DiffLimits {
  /** @default 200 */
  readonly maxChanges?: number;
  /** Lines of all hunks together. @default 400 */
  readonly maxLines?: number;
}

/** The exact difference of two releases, part by part (R8). Pure, deterministic, bounded. */
export const diffReleases = (
  from: ReleaseContent,
  to: ReleaseContent,
  { maxChanges = 200, maxLines = 400 }: DiffLimits = {},
): ReleaseDiff => {
  const cut = { changes: 0, lines: 0 };
  let changesLeft = maxChanges;
  let linesLeft = maxLines;
  const bounded = (changes: readonly Change[]): readonly Change[] => {
    const kept = changes.slice(0, changesLeft);
    cut.changes += changes.length - kept.length;
    changesLeft -= kept.length;
    return kept.map((change) => {
      if (change.kind !== 'file') return change;
      const hunks = change.hunks.map((hunk) => {
        const lines = hunk.lines.slice(0, linesLeft);
        linesLeft -= lines.length;
        cut.lines += hunk.lines.length - lines.length;
        return { ...hunk, lines };
      });
      return { ...change, hunks: hunks.filter((hunk) => hunk.lines.length > 0) };
    });
  };
  const sections = sectionsOf(from, to)
    .filter(({ changes }) => changes.length > 0)
    .map(({ section, changes }) => ({ section, changes: bounded(changes) }));
  return { from: named(from), to: named(to), sections, cut };
};

const named = ({ manifest }: ReleaseContent) => ({
  release: releaseIdOf(manifest),
  service: manifest.service,
  version: manifest.version,
});

const sectionsOf = (
  from: ReleaseContent,
  to: ReleaseContent,
): readonly { section: DiffSection; changes: readonly Change[] }[] => {
  const { service, version, channels, tier } = from.manifest;
  const next = to.manifest;
  return [
    {
      section: 'identity',
      changes: fieldChanges(
        { service, version, channels, tier },
        { service: next.service, version: next.version, channels: next.channels, tier: next.tier },
      ),
    },
    { section: 'code', changes: codeChanges(from, to) },
    { section: 'model', changes: fieldChanges(from.manifest.model, next.model) },
    { section: 'prompts', changes: [...fileChanges(from.prompts, to.prompts), ...flowChanges(from.flow, to.flow)] },
    { section: 'tools', changes: toolChanges(from, to) },
    { section: 'data', changes: dataChanges(from, to) },
    { section: 'controls', changes: fieldChanges(from.manifest.controls, next.controls) },
  ];
};

/** Sources are what people read; the bundled module is told line by line only when no source explains its change. */
const codeChanges = (from: ReleaseContent, to: ReleaseContent): readonly Change[] => {
  const texts = ({ bundle }: ReleaseContent) =>
    Object.fromEntries(bundle.map(({ path, bytes }) => [path, new TextDecoder().decode(bytes)]));
  const { bundle: _from, ...fromFields } = from.manifest.code;
  const { bundle: _to, ...toFields } = to.manifest.code;
  const files = fileChanges(texts(from), texts(to));
  const sources = files.filter((file) => file.path !== bundleEntry);
  const entry = files.filter((file) => file.path === bundleEntry);
  const generated = sources.length === 0 ? entry : entry.map((file) => ({ ...file, hunks: [] }));
  return [...fieldChanges(fromFields, toFields), ...sources, ...generated];
};

/** Node by node; a change of spelling alone (comments, order) is told as a change of the file. */
const flowChanges = (from: string, to: string): readonly Change[] => {
  if (from === to) return [];
  const { nodes: fromNodes, ...fromRest } = parseFlow(from);
  const { nodes: toNodes, ...toRest } = parseFlow(to);
  const before = new Map(Object.entries(fromNodes));
  const after = new Map(Object.entries(toNodes));
  const nodes = [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((node): readonly Change[] => {
    const old = before.get(node);
    const now = after.get(node);
    if (canonicalJson(old ?? null) === canonicalJson(now ?? null)) return [];
    const status = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
    return [{ kind: 'node', node, status, fields: fieldChanges(old, now) }];
  });
  const meaning = [...fieldChanges(fromRest, toRest), ...nodes];
  return [...meaning, ...fileChanges({ 'flow.yaml': from }, { 'flow.yaml': to })];
};

const toolChanges = (from: ReleaseContent, to: ReleaseContent): readonly Change[] => {
  const before = new Map<string, ToolDescription>(from.tools.tools.map((tool) => [tool.name, tool]));
  const after = new Map<string, ToolDescription>(to.tools.tools.map((tool) => [tool.name, tool]));
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((tool): readonly Change[] => {
    const { permissions: had = [], ...old } = before.get(tool) ?? {};
    const { permissions: has = [], ...now } = after.get(tool) ?? {};
    const existence: readonly Change[] = before.has(tool)
      ? after.has(tool)
        ? []
        : [{ kind: 'tool', tool, status: 'removed' }]
      : [{ kind: 'tool', tool, status: 'added' }];
    const fields = existence.length > 0 ? [] : fieldChanges(old, now, tool);
    const granted = has.filter((permission) => !had.includes(permission));
    const revoked = had.filter((permission) => !has.includes(permission));
    return [
      ...existence,
      ...granted.map((permission) => ({ kind: 'permission', tool, permission, status: 'granted' }) as const),
      ...revoked.map((permission) => ({ kind: 'permission', tool, permission, status: 'revoked' }) as const),
      ...fields,
    ];
  });
};

const dataChanges = (from: ReleaseContent, to: ReleaseContent): readonly Change[] => {
  const documents = ({ index }: ReleaseContent) => {
    const texts: Record<string, string> = {};
    for (const { path, headings, text } of openIndex(index).passages)
      texts[path] = `${texts[path] ?? ''}${headings.length > 0 ? `# ${headings.join(' / ')}\n` : ''}${text}\n\n`;

    return texts;
  };
  const fields = fieldChanges({ builder: from.manifest.data.builder }, { builder: to.manifest.data.builder });
  return from.index === to.index ? fields : [...fields, ...fileChanges(documents(from), documents(to))];
};
