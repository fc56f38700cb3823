import { structuredPatch } from 'diff';

/** Lines around a change, with ` `, `+` or `-` in front. Line numbers count from 1. */
export interface Hunk {
  readonly fromLine: number;
  readonly toLine: number;
  readonly lines: readonly string[];
}

export interface FileChange {
  readonly kind: 'file';
  readonly path: string;
  readonly status: 'added' | 'removed' | 'changed';
  readonly addedLines: number;
  readonly removedLines: number;
  /** Empty when the file was rewritten so far that lines say nothing, or when it is generated. */
  readonly hunks: readonly Hunk[];
}

/** Edits after which a file counts as rewritten; bounds the time of a comparison. */
const maxEdits = 4_000;
const maxLineCharacters = 300;

/** The files that differ, by path, down to lines. */
export const fileChanges = (
  from: Readonly<Record<string, string>>,
  to: Readonly<Record<string, string>>,
): readonly FileChange[] => {
  const before = new Map(Object.entries(from));
  const after = new Map(Object.entries(to));
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((path) => {
    const old = before.get(path);
    const now = after.get(path);
    if (old === now) return [];
    const status = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
    return [{ kind: 'file', path, status, ...comparison(path, old ?? '', now ?? '') } as const];
  });
};

const lineCount = (text: string): number => (text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0));

const comparison = (path: string, from: string, to: string) => {
  const patch = structuredPatch(path, path, from, to, undefined, undefined, { context: 2, maxEditLength: maxEdits });
  if (!patch) return { addedLines: lineCount(to), removedLines: lineCount(from), hunks: [] };
  const lines = patch.hunks.flatMap((hunk) => hunk.lines);
  return {
    addedLines: lines.filter((line) => line.startsWith('+')).length,
    removedLines: lines.filter((line) => line.startsWith('-')).length,
    hunks: patch.hunks.map((hunk) => ({
      fromLine: hunk.oldStart,
      toLine: hunk.newStart,
      lines: hunk.lines.map((line) =>
        line.length > maxLineCharacters ? `${line.slice(0, maxLineCharacters)}...` : line,
      ),
    })),
  };
};
