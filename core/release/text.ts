import { LastgoodError } from '../errors.ts';

/**
 * The text of a file as it is: line endings and a byte order mark stay.
 * @param what names the file for the reader
 * @throws LastgoodError `invalid-input` when the bytes are not UTF-8
 */
export const decodeText = (bytes: Uint8Array, what: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new LastgoodError('invalid-input', `${what} is not UTF-8 text; save it as UTF-8`, { cause });
  }
};
