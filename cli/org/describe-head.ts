import { effectiveWeight } from '#core/version-set/effective-weight.ts';
import type { Head } from '#core/version-set/head.ts';
import { activeHoldback } from '#core/version-set/holdback.ts';
import type { NameRelease } from './version-names.ts';

/** Where new callers go, in up to four lines. @param nowMs epoch milliseconds, for the exposure lease */
export const describeHead = (head: Head, nameOf: NameRelease, nowMs: number): string =>
  [
    `  stable     ${nameOf(head.stable)}`,
    ...(head.candidate ? [`  candidate  ${nameOf(head.candidate.release)} ${exposureText(head, nowMs)}`] : []),
    `  last-good  ${head.lastGood === head.stable ? 'the same release: there is nothing to go back to' : `${nameOf(head.lastGood)}${holdbackText(head, ' ')}`}`,
    ...(head.frozen ? [`  frozen     by ${head.frozen.by} at ${head.frozen.at}: ${head.frozen.reason}`] : []),
  ].join('\n');

/** `at 5 % of new callers for 312 s unless renewed` */
export const exposureText = (head: Pick<Head, 'candidate'>, nowMs: number): string => {
  if (!head.candidate) return '';
  const leftSeconds = Math.ceil((Date.parse(head.candidate.exposureUntil) - nowMs) / 1_000);
  const weight = effectiveWeight(head, nowMs);
  return leftSeconds > 0
    ? `at ${weight} % of new callers for ${leftSeconds} s unless renewed`
    : `at ${weight} % of new callers: its exposure was not renewed since ${head.candidate.exposureUntil}`;
};

/** `holds 2 % of new callers back until 2027-01-05T12:00:00.000Z`; empty while it has none. @param before put before it */
export const holdbackText = (head: Pick<Head, 'candidate' | 'holdback'>, before = ''): string => {
  const holdback = activeHoldback(head);
  if (!holdback) return '';
  const { weightPercent, until, suspected } = holdback;
  return suspected
    ? `${before}takes ${weightPercent} % of new callers since ${suspected.at}: stable is suspected (${suspected.reason})`
    : `${before}holds ${weightPercent} % of new callers back until ${until}`;
};
