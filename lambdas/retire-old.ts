import { LastgoodError } from '#core/errors.ts';

export const handler = (): Promise<never> =>
  Promise.reject(new LastgoodError('internal', 'retire-old is not written yet'));
