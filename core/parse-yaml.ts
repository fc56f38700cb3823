import { isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { LastgoodError } from './errors.ts';
import { parseOrThrow } from './parse.ts';

const maxCharacters = 1_000_000;

/**
 * Reads one YAML 1.2 document and checks it against a schema. Duplicate keys, unknown tags and a second
 * document are errors.
 * @param source names the file for the reader: `agent.yaml`
 * @throws LastgoodError `invalid-input` with `source:line` of every problem
 */
export const parseYamlAs = <T>(schema: z.ZodType<T>, text: string, source: string): T => {
  if (text.length > maxCharacters) {
    throw new LastgoodError(
      'invalid-input',
      `${source} has ${text.length} characters; at most ${maxCharacters} are allowed`,
    );
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: true, version: '1.2' });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    const lines = problems.slice(0, 20).map((problem) => {
      const at = lineCounter.linePos(problem.pos[0]);
      return `${source}:${at.line}:${at.col}: ${problem.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '')}`;
    });
    throw new LastgoodError('invalid-input', `${source} is not valid YAML:\n  ${lines.join('\n  ')}`);
  }
  const lineOf = (path: readonly PropertyKey[]): number | undefined => {
    for (let length = path.length; length > 0; length -= 1) {
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return lineCounter.linePos(node.range[0]).line;
    }
    return undefined;
  };
  return parseOrThrow(schema, toData(document, source), source, 'invalid-input', lineOf);
};

/** Aliases that unfold to too much data are refused by the library; say so with the file's name. */
const toData = (document: ReturnType<typeof parseDocument>, source: string): unknown => {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new LastgoodError('invalid-input', `${source} is not valid YAML: ${String(cause)}`, { cause });
  }
};
