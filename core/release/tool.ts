import { z } from 'zod';
import { ToolName } from '../words/agent-names.ts';
import type { KnowledgePassage } from './knowledge-index.ts';
import { Permission } from './manifest.ts';

const Identifier = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be snake_case, 1-64 characters');

/** What a release says about one tool; the code is in the bundle. */
export const ToolDescription = z
  .strictObject({
    name: ToolName,
    description: z.string().min(1, 'a tool says what it does').max(2_000),
    /** JSON Schema 2020-12 of the input: an object. */
    parameters: z.looseObject({ type: z.literal('object') }).check((context) => {
      const parsed = z.record(z.string(), z.json()).safeParse(context.value);
      if (!parsed.success)
        context.issues.push({ code: 'custom', input: context.value, message: 'a JSON Schema is plain JSON' });
    }),
    permissions: z
      .array(Permission)
      .max(50)
      .refine((all) => new Set(all).size === all.length, 'each permission stands once'),
    /** Every `outcome` that the tool may return. @default - not declared, so transitions are not checked at build */
    outcomes: z.array(Identifier).min(1).max(32).optional(),
  })
  .readonly();
export type ToolDescription = z.infer<typeof ToolDescription>;

/** The tools part of a release, stored as canonical JSON, sorted by name. */
export const ToolManifest = z
  .strictObject({ schema: z.literal('lastgood.tools/1'), tools: z.array(ToolDescription).max(100) })
  .readonly();
export type ToolManifest = z.infer<typeof ToolManifest>;

/** What a running tool may use. Nothing here reaches another session or customer. */
export interface ToolContext {
  readonly sessionId: string;
  readonly customerId: string;
  /** The session's clock; tools read no other. */
  readonly now: () => Date;
  /** Ends the tool's work when the caller interrupts, hangs up, or the function's time is over. */
  readonly signal: AbortSignal;
  /** Searches the release's knowledge index, best first. */
  readonly search: (query: string, limit?: number) => readonly KnowledgePassage[];
  /** Values of the customer's business rules, by name. */
  readonly businessRules: Readonly<Record<string, string | number | boolean>>;
  /** Facts that tools of this session keep for each other. Gone with the session. */
  readonly memory: Map<string, unknown>;
}

/** What a tool returns: JSON for the model, and the fields the flow decides by. A tool that throws has failed. */
export interface ToolResult {
  /** Chooses the transition of the function. */
  readonly outcome?: string;
  /** Chooses the node of a function with `dynamic_next`. */
  readonly next_node?: string;
  readonly [key: string]: unknown;
}

/** The `tool` export of a file in `tools/`. */
export interface Tool<Input = Record<string, unknown>> {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of `input`; checked by code before each run. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly permissions: readonly string[];
  readonly outcomes?: readonly string[];
  readonly run: (input: Input, context: ToolContext) => Promise<ToolResult> | ToolResult;
}
