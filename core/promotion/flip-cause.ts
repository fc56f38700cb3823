import type { Model } from '../model/model.ts';
import type { ErrorClass } from '../words/outcome.ts';

/** A provider behind which most failures of a release lie, and that the other release does not use. */
export interface ProviderCause {
  readonly part: 'language model' | 'speech recognition' | 'speech synthesis';
  readonly provider: string;
  /** What the other release uses instead. */
  readonly other: string;
}

const partOf: Readonly<Partial<Record<ErrorClass, ProviderCause['part']>>> = {
  stt: 'speech recognition',
  llm_timeout: 'language model',
  llm_error: 'language model',
  tts: 'speech synthesis',
};

const providerOf = (model: Model, part: ProviderCause['part']): string => {
  switch (part) {
    case 'language model':
      return model.provider;
    case 'speech recognition':
      return model.stt.provider;
    case 'speech synthesis':
      return model.tts.provider;
  }
};

/**
 * Whether a release became worse because of a provider that only it uses: then callers leave it, and nothing is said against the release.
 * @param failures error classes of its bad calls; undefined for one that has none
 * @returns undefined when most of them have another cause, or both releases share the provider
 */
export const providerCause = (
  failures: readonly (ErrorClass | undefined)[],
  failing: Model,
  other: Model,
): ProviderCause | undefined => {
  const parts = failures.map((failure) => failure && partOf[failure]);
  const part = parts.find((one) => one && 2 * parts.filter((each) => each === one).length > parts.length);
  if (part === undefined) return undefined;
  const [provider, instead] = [providerOf(failing, part), providerOf(other, part)];
  return provider === instead ? undefined : { part, provider, other: instead };
};
