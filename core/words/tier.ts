import { z } from 'zod';

/** What a service promises: an answer in a spoken turn, in a chat, or some time later (C1). */
export const Tier = z.enum(['voice', 'text', 'async']);
export type Tier = z.infer<typeof Tier>;
