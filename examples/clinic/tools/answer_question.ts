import type { Tool } from '#core/release/tool.ts';

/** First sentence of a passage: what one says on the phone. */
const firstSentence = (text: string): string => /^[^.]*\./.exec(text.replaceAll(/\s+/g, ' '))?.[0] ?? text;

export const tool: Tool<{ question: string }> = {
  name: 'answer_question',
  description:
    'Answers a question about the clinic from its documents: opening hours, address, parking, insurance, first visit.',
  parameters: {
    type: 'object',
    properties: { question: { type: 'string', minLength: 1, maxLength: 500 } },
    required: ['question'],
    additionalProperties: false,
  },
  permissions: ['knowledge:read'],
  outcomes: ['answered', 'unknown'],
  run: ({ question }, { search }) => {
    const [best] = search(question, 1);
    return best ? { outcome: 'answered', answer: firstSentence(best.text), source: best.path } : { outcome: 'unknown' };
  },
};
