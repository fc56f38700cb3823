import { ProviderError, type SttProvider } from '../provider.ts';
import type { NoParams } from './params.ts';

/** What comes out when nothing says what the caller said. */
export const unintelligible = { text: '(unintelligible)', confidence: 0.1 } as const;
const maxLines = 1_000;

/**
 * Recognition that reads along: the n-th turn of the caller is the n-th line of the call's parameter `script`, a JSON array.
 * It hears nothing itself; where turns begin and end comes from the audio.
 */
export const scriptedStt: SttProvider<NoParams> = {
  params: async () => (await import('./params.ts')).NoParams,
  open: (_params, { parameters }) => {
    const lines = linesOf(parameters['script']);
    let turn = 0;
    return {
      write: () => undefined,
      endTurn: async () => {
        const text = lines[turn++];
        return text === undefined ? unintelligible : { text, confidence: 1 };
      },
      close: () => undefined,
    };
  },
};

const linesOf = (script: string | undefined): readonly string[] => {
  if (script === undefined) return [];
  try {
    const lines: unknown = JSON.parse(script);
    if (Array.isArray(lines) && lines.length <= maxLines && lines.every((line) => typeof line === 'string'))
      return lines;
  } catch {
    // Reported below, with what is allowed.
  }
  throw new ProviderError('stt', `the call's parameter script must be a JSON array of at most ${maxLines} texts`);
};
