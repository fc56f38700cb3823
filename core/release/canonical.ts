import canonicalize from 'canonicalize';
import { LastgoodError } from '../errors.ts';
import { digestOf, ReleaseId } from '../words/digest.ts';
import type { Manifest } from './manifest.ts';

/**
 * JSON Canonicalization Scheme, RFC 8785: one text for equal values, whatever the order of keys.
 * @throws LastgoodError `internal` for what JSON cannot say exactly: NaN, infinities, lone surrogates, cycles, undefined
 */
export const canonicalJson = (value: unknown): string => {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (cause) {
    throw new LastgoodError('internal', `a value has no canonical JSON: ${String(cause)}`, { cause });
  }
  if (text === undefined) throw new LastgoodError('internal', `a value of type ${typeof value} has no canonical JSON`);
  return text;
};

/** The id of a release: SHA-256 of its canonical manifest (R1). */
export const releaseIdOf = (manifest: Manifest): ReleaseId => ReleaseId.parse(digestOf(canonicalJson(manifest)));
