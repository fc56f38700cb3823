import { LastgoodError } from '../errors.ts';
import type { ServiceName } from '../words/names.ts';
import type { Org } from './org.ts';

/** @throws LastgoodError `unknown-name` with the services that the org runs */
export const serviceOf = (org: Org, name: string): ServiceName => {
  const found = org.services.find((service) => service.name === name);
  if (found) return found.name;
  throw new LastgoodError(
    'unknown-name',
    `org ${org.name} runs no service ${JSON.stringify(name)}; it runs ${org.services.map((service) => service.name).join(', ')}`,
  );
};
