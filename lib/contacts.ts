import { LastgoodError } from '#core/errors.ts';
import type { Org } from '#core/org/org.ts';

/**
 * Pages that nobody gets are no pages. It is asked when an org is synthesized and not when its file is read, so that the command line
 * works on an org that was deployed before.
 * @throws LastgoodError `invalid-input` for a production org without contacts
 */
export const refuseUnreachable = ({ name, stage, contacts }: Org): void => {
  if (stage !== 'production' || contacts.length > 0) return;
  throw new LastgoodError(
    'invalid-input',
    `orgs/${name}.yaml: org ${name} is production and has no contacts, so its pages would reach nobody. ` +
      'Add at least one, for example\n\n  contacts:\n    - email: on-call@example.com\n\n' +
      'with email, sms (+15550100) or url (https://…); or write stage: staging.',
  );
};
