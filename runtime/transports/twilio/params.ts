import { z } from 'zod';

/** Nothing to set: the wire itself says what the call is. */
export const TwilioParams = z.strictObject({});
export type TwilioParams = z.infer<typeof TwilioParams>;
