import { z } from 'zod';
import { LastgoodError } from '../errors.ts';
import { ServiceName } from '../words/names.ts';

/** What the functions know of an org's services: `[{"name":"appointments","baselineErrorRate":0.05,"expectedCallsPerMinute":10}]`. */
export const ServiceSettings = z.array(
  z.object({
    name: ServiceName,
    baselineErrorRate: z.number().min(0).max(1),
    expectedCallsPerMinute: z.number().positive(),
  }),
);
export type ServiceSettings = z.infer<typeof ServiceSettings>;

/** @throws LastgoodError `unknown-name` */
export const settingsOf = (services: ServiceSettings, name: string): ServiceSettings[number] => {
  const settings = services.find((service) => service.name === name);
  if (settings) return settings;
  throw new LastgoodError(
    'unknown-name',
    `the org does not run ${name}; it runs ${services.map((service) => service.name).join(', ')}. Add it to its org file.`,
  );
};
