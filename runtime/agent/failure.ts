import type { ErrorClass } from '#core/words/outcome.ts';
import { ProviderError } from '../providers/provider.ts';
import type { CallEnd } from './frame.ts';

const maxDetailCharacters = 500;

/** The end of a call that an error ended: a provider's error says which part failed, any other is of `errorClass`. */
export const failureOf = (error: unknown, errorClass: ErrorClass): CallEnd => ({
  outcome: 'failed',
  errorClass: error instanceof ProviderError ? error.errorClass : errorClass,
  errorDetail: (error instanceof Error ? error.message : String(error)).slice(0, maxDetailCharacters),
});
