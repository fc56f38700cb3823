import MiniSearch, { type AsPlainObject } from 'minisearch';
import { z } from 'zod';
import { parseOrThrow } from '../parse.ts';
import { AgentPath } from '../words/agent-names.ts';
import { byPath } from './bundle.ts';
import { canonicalJson } from './canonical.ts';
import { Builder } from './manifest.ts';

/** What makes the index; another version may make other bytes, so it stands in the manifest. */
export const indexBuilder = Builder.parse('minisearch@7.2.0');

/** Longest passage in characters; a longer paragraph is divided at a sentence or space. */
const maxPassageCharacters = 1_000;
const options = { fields: ['headings', 'text'] };

/** One document of the knowledge folder. */
export interface KnowledgeDocument {
  /** `knowledge/opening-hours.md` */
  readonly path: string;
  readonly text: string;
}

const Passage = z.strictObject({ path: AgentPath, headings: z.array(z.string()), text: z.string() });

/** One piece of a document, as search finds it. */
export interface KnowledgePassage extends Readonly<z.infer<typeof Passage>> {
  /** BM25 score; comparable within one search only. */
  readonly score: number;
}

const StoredIndex = z.strictObject({
  schema: z.literal('lastgood.index/1'),
  builder: Builder,
  passages: z.array(Passage),
  search: z.custom<AsPlainObject>((value) => typeof value === 'object' && value !== null),
});

/** The data part of a release: an inverted index over passages, as canonical JSON. Order of documents is irrelevant. */
export const buildIndex = (documents: readonly KnowledgeDocument[]): string => {
  const passages = [...documents].sort(byPath).flatMap(passagesOf);
  const search = new MiniSearch<z.infer<typeof Passage> & { id: number }>(options);
  search.addAll(passages.map((passage, id) => ({ id, ...passage })));
  return canonicalJson({ schema: 'lastgood.index/1', builder: indexBuilder, passages, search: search.toJSON() });
};

/** A loaded index. */
export interface KnowledgeIndex {
  readonly passages: readonly z.infer<typeof Passage>[];
  /** Best first; words match by prefix and small misspellings. */
  readonly search: (query: string, limit?: number) => readonly KnowledgePassage[];
}

/** @throws LastgoodError `invalid-input` when `json` is no index */
export const openIndex = (json: string): KnowledgeIndex => {
  const stored = parseOrThrow(StoredIndex, JSON.parse(json), 'the knowledge index');
  const search = MiniSearch.loadJS<z.infer<typeof Passage>>(stored.search, options);
  return {
    passages: stored.passages,
    search: (query, limit = 3) =>
      search
        .search(query.slice(0, 1_000), { prefix: true, fuzzy: 0.2, boost: { headings: 2 } })
        .slice(0, limit)
        .flatMap(({ id, score }) => {
          const passage = stored.passages[Number(id)];
          return passage ? [{ ...passage, score }] : [];
        }),
  };
};

/** Divides Markdown into passages: a heading starts one, paragraphs fill it up to the limit. */
const passagesOf = ({ path, text }: KnowledgeDocument): readonly z.infer<typeof Passage>[] => {
  const passages: z.infer<typeof Passage>[] = [];
  let headings: string[] = [];
  let open = '';
  const close = () => {
    if (open !== '') passages.push({ path, headings, text: open });
    open = '';
  };
  for (const paragraph of text.replaceAll('\r\n', '\n').split(/\n\s*\n|\n(?=#{1,6} )|(?<=^#{1,6} [^\n]*)\n/mu)) {
    const heading = /^(#{1,6}) +(.+)$/u.exec(paragraph.trim());
    if (heading?.[1] !== undefined && heading[2] !== undefined) {
      close();
      headings = [...headings.slice(0, heading[1].length - 1), heading[2].trim()];
      continue;
    }
    for (const piece of divided(paragraph.trim())) {
      if (open !== '' && open.length + piece.length + 2 > maxPassageCharacters) close();
      open = open === '' ? piece : `${open}\n\n${piece}`;
    }
  }
  close();
  return passages;
};

const divided = (text: string): readonly string[] => {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > maxPassageCharacters) {
    const window = rest.slice(0, maxPassageCharacters);
    const whole = /[\uD800-\uDBFF]$/.test(window) ? window.length - 1 : window.length;
    const cut = [window.lastIndexOf('. ') + 1, window.lastIndexOf(' ')].find((at) => at > 0) ?? whole;
    pieces.push(rest.slice(0, cut).trim());
    rest = rest.slice(cut).trim();
  }
  return rest === '' ? pieces : [...pieces, rest];
};
