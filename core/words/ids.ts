import { z } from 'zod';

/** Names one promotion: 32 hexadecimal characters, also the name of its execution. */
export const PromotionId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hexadecimal characters')
  .brand<'PromotionId'>();
export type PromotionId = z.infer<typeof PromotionId>;

export const SessionId = z
  .string()
  .regex(/^[0-9A-Za-z_-]{8,64}$/, 'must be 8-64 URL-safe characters')
  .brand<'SessionId'>();
export type SessionId = z.infer<typeof SessionId>;

/** W3C trace id, born when the call reaches the edge (X1). */
export const TraceId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hexadecimal characters')
  .brand<'TraceId'>();
export type TraceId = z.infer<typeof TraceId>;
