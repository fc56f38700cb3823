/** A source of numbers in [0, 1). */
export type Random = () => number;

/** A source of so many bytes that nobody can foresee, for ids that admit somebody. */
export type RandomBytes = (count: number) => Uint8Array;

/** So many lower-case hexadecimal digits, as good as their source. */
export const randomHex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
