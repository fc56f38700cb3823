import { z } from 'zod';

const anyOf = z.array(z.string('the embedded cloud matches whole texts only')).min(1);

/**
 * The part of event patterns that is known here: lists of whole texts, one of which the field must be. Anything else is refused.
 * Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html
 */
export const EventPattern = z.strictObject({
  source: anyOf.optional(),
  'detail-type': anyOf.optional(),
  detail: z.record(z.string(), anyOf).optional(),
});
export type EventPattern = z.infer<typeof EventPattern>;

/** What a service of the cloud tells the bus. */
export interface CloudEvent {
  readonly source: string;
  readonly 'detail-type': string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

export const matches = (pattern: EventPattern, event: CloudEvent): boolean =>
  isOneOf(pattern.source, event.source) &&
  isOneOf(pattern['detail-type'], event['detail-type']) &&
  Object.entries(pattern.detail ?? {}).every(([field, allowed]) => isOneOf(allowed, event.detail[field]));

const isOneOf = (allowed: readonly string[] | undefined, value: unknown): boolean =>
  allowed === undefined || allowed.some((one) => one === value);
