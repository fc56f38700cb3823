import { z } from 'zod';

export const Outcome = z.enum(['completed', 'failed', 'escalated', 'abandoned']);
export type Outcome = z.infer<typeof Outcome>;

/** Error taxonomy (X4). */
export const ErrorClass = z.enum([
  'stt',
  'llm_timeout',
  'llm_error',
  'tts',
  'tool',
  'network',
  'policy',
  'process',
  'platform',
]);
export type ErrorClass = z.infer<typeof ErrorClass>;
