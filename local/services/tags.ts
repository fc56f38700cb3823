import { z } from 'zod';

const key = z.string().min(1).max(128);
const value = z.string().max(256);
/** AWS allows this many per resource. */
const maxTags = 50;

/** Tags in the spelling of most services. They have no effect here; where AWS shows them again, we do. */
export const tags = z.array(z.strictObject({ Key: key, Value: value })).max(maxTags);

/** Tags of ECS and Step Functions. */
export const lowerCaseTags = z.array(z.strictObject({ key, value })).max(maxTags);
