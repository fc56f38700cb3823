import { z } from 'zod';

const kebab = (what: string, max: number) =>
  z
    .string()
    .max(max, `${what} has at most ${max} characters`)
    .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, `${what} is kebab-case: lower-case letters, digits and single hyphens`);

/** `acme-cardio-useast` */
export const OrgName = kebab('an org name', 48).brand<'OrgName'>();
export type OrgName = z.infer<typeof OrgName>;

/** `appointments`; part of ECS, alarm and metric names, so it stays short. */
export const ServiceName = kebab('a service name', 32).brand<'ServiceName'>();
export type ServiceName = z.infer<typeof ServiceName>;

/** A customer of an org, as its verified token names it. */
export const CustomerId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'a customer id has 1-64 letters, digits, _ or -')
  .brand<'CustomerId'>();
export type CustomerId = z.infer<typeof CustomerId>;

/** `edge`, `release`, `test`, `preview`, `personal-<name>` or another kebab-case name. */
export const SetName = kebab('a version set name', 48).brand<'SetName'>();
export type SetName = z.infer<typeof SetName>;
