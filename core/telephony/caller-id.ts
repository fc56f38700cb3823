/** What networks and telephony providers write in place of a withheld number, also as it is typed on a telephone's keypad. */
const words = ['anonymous', 'restricted', 'blocked', 'private', 'unknown', 'unavailable', 'withheld'];
const keys = ['abc', 'def', 'ghi', 'jkl', 'mno', 'pqrs', 'tuv', 'wxyz'];
const typed = (word: string): string =>
  [...word].map((letter) => keys.findIndex((key) => key.includes(letter)) + 2).join('');
const placeholders: ReadonlySet<string> = new Set(words.flatMap((word) => [word, typed(word)]));

/**
 * The caller's number or id; undefined when it is withheld. All withheld callers share a few placeholders and are not one caller: each
 * of their calls is assigned on its own, or they would all land on one arm and count as one.
 */
export const knownCaller = (from: string | undefined): string | undefined => {
  const given = from?.trim();
  if (given === undefined || given === '') return undefined;
  const user = /^sips?:([^@;]*)/i.exec(given)?.[1] ?? given;
  return placeholders.has(user.replace(/^\+/, '').toLowerCase()) ? undefined : given;
};
