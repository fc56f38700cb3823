import { faultText } from './fault.ts';
import type { Shrunk } from './shrink.ts';

/** Lines of a chronicle that are shown: the newest. */
const shownLines = 60;

/** A violation for people: its seed, the faults that it needs and what happened. */
export const storyOf = ({ script, result, replays }: Shrunk): string => {
  const { violation, lines } = result;
  return [
    `seed ${script.seed}: invariant ${violation?.invariant}: ${violation?.text}`,
    `faults that it needs, found in ${replays} replays:`,
    ...(script.faults.length === 0 ? ['  none'] : script.faults.map((fault) => `  ${faultText(fault)}`)),
    'what happened:',
    ...lines.slice(-shownLines).map((line) => `  ${line}`),
    `again: npm run bench -- simulate --seed ${script.seed} --only episode`,
  ].join('\n');
};
