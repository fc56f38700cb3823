import type { Tool } from '#core/release/tool.ts';

export const tool: Tool<{ question: string }> = {
  name: 'answer_question',
  description: 'Answers a general question from the documents: delivery times, pickup points, claims.',
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
    // A chat can show the whole passage, where a phone agent would say its first sentence.
    return best
      ? { outcome: 'answered', answer: best.text.replaceAll(/\s+/g, ' '), source: best.path }
      : { outcome: 'unknown' };
  },
};
