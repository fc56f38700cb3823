/** One piece of a knowledge document, as search finds it. */
export interface KnowledgePassage {
  /** `knowledge/opening-hours.md` */
  readonly path: string;
  /** Headings above the passage, outermost first. */
  readonly headings: readonly string[];
  readonly text: string;
  /** BM25 score; comparable within one search only. */
  readonly score: number;
}
