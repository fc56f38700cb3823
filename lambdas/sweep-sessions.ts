import { LastgoodError } from '#core/errors.ts';

export const handler = (): Promise<never> =>
  Promise.reject(new LastgoodError('internal', 'sweep-sessions is not written yet'));
