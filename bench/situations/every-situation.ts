import { LastgoodError } from '#core/errors.ts';
import { canaries, type Situation } from './canaries.ts';
import { tails } from './tails.ts';

export const everySituation: readonly Situation<unknown>[] = [...canaries, ...tails];

/** @throws LastgoodError `unknown-name` */
export const situationNamed = (name: string): Situation<unknown> => {
  const found = everySituation.find((situation) => situation.name === name);
  if (found) return found;
  throw new LastgoodError('unknown-name', `there is no situation ${JSON.stringify(name)}`);
};
