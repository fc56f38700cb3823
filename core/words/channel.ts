import { z } from 'zod';

export const SessionChannel = z.enum(['phone', 'webrtc', 'web-chat', 'sms', 'whatsapp', 'email', 'api']);
export type SessionChannel = z.infer<typeof SessionChannel>;
