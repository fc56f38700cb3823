import { z } from 'zod';

/** A file inside the agent's folder, with `/`: `prompts/greeting.md`. */
export const AgentPath = z
  .string()
  .max(300)
  .regex(/^(?!\/)(?!.*(^|\/)\.{1,2}(\/|$))[^\\\p{Cc}]+$/u, 'must be a relative path with / and without . or ..');

export const ToolName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'a tool name is snake_case: 1-64 lower-case letters, digits and _')
  .brand<'ToolName'>();
export type ToolName = z.infer<typeof ToolName>;
