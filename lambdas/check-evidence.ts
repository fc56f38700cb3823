import { LastgoodError } from '#core/errors.ts';

export const handler = (): Promise<never> =>
  Promise.reject(new LastgoodError('internal', 'check-evidence is not written yet'));
