import { randomBytes, randomInt, randomUUID } from 'node:crypto';

/** What AWS draws by chance, drawn in one place: request ids, names, secrets. */
export const newUuid = (): string => randomUUID();

/** Lower-case hexadecimal digits, two a byte. */
export const newHex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** A whole number in [0, below). */
export const newNumber = (below: number): number => randomInt(below);
