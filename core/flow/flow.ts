import { z } from 'zod';
import { parseYamlAs } from '../parse-yaml.ts';
import { AgentPath, ToolName } from '../words/agent-names.ts';
import { Outcome } from '../words/outcome.ts';

export const NodeName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,63}$/, 'a node name has 1-64 lower-case letters, digits, _ or - and starts with a letter')
  .brand<'NodeName'>();
export type NodeName = z.infer<typeof NodeName>;

const Text = z.string().min(1).max(20_000);

/** Text in place, or a file of the prompts folder: `prompts/greeting.md`. */
export const FlowText = z.union([Text, z.strictObject({ prompt: AgentPath }).readonly()], {
  error: 'must be text, or {prompt: prompts/<file>}',
});
export type FlowText = z.infer<typeof FlowText>;

const MessageRole = z.enum(['system', 'developer', 'user', 'assistant']);

/** One message of a node's task: `content` in place or `prompt` as a file. */
export const TaskMessage = z.union(
  [
    z.strictObject({ role: MessageRole.default('system'), content: Text }).readonly(),
    z.strictObject({ role: MessageRole.default('system'), prompt: AgentPath }).readonly(),
  ],
  { error: 'a task message has role and either content (text) or prompt (a file of prompts/)' },
);
export type TaskMessage = z.infer<typeof TaskMessage>;

/** What happens around a node, beside the model's own words. `handler` is the name of a tool. */
export const FlowAction = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('tts_say'), text: Text }).readonly(),
  z
    .strictObject({
      type: z.literal('end_conversation'),
      /** Spoken before the end. @default - nothing */
      text: Text.optional(),
      /** @default completed */
      outcome: Outcome.exclude(['abandoned']).default('completed'),
      /** The caller's task was done (S7). @default - true when the outcome is completed */
      task_succeeded: z.boolean().optional(),
    })
    .readonly(),
  z.strictObject({ type: z.literal('function'), handler: ToolName }).readonly(),
  z
    .strictObject({
      type: z.literal('custom'),
      handler: ToolName,
      arguments: z.record(z.string().max(64), z.json()).default({}),
    })
    .readonly(),
]);
export type FlowAction = z.infer<typeof FlowAction>;

/** A function that the model may call in a node. Where it leads is data: never decided by the model. */
export const FlowFunction = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'a function name is snake_case, 1-64 characters'),
    description: z.string().min(1).max(2_000),
    /** Parameters, each a JSON Schema. @default - the tool's own */
    properties: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/), z.record(z.string(), z.json())).optional(),
    /** @default - the tool's own */
    required: z.array(z.string()).max(64).optional(),
    /** The tool that does the work. @default - none: the function only moves to `next` */
    handler: ToolName.optional(),
    /** The node after the function. @default - stay */
    next: NodeName.optional(),
    /** The node by the result's `outcome`, null to stay; wins over `next`. @default {} */
    transitions: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/), NodeName.nullable()).default({}),
    /** The result's `next_node` names the node: a dynamic behavior, refused on voice (C2). @default false */
    dynamic_next: z.boolean().default(false),
    /** @default false - the caller can speak meanwhile and the call goes on */
    cancel_on_interruption: z.boolean().default(false),
    /** @default 10 */
    timeout_secs: z.number().positive().max(600).default(10),
  })
  .readonly();
export type FlowFunction = z.infer<typeof FlowFunction>;

/** What becomes of the conversation so far when a node is entered. */
export const ContextStrategy = z.discriminatedUnion('strategy', [
  z.strictObject({ strategy: z.literal('APPEND') }).readonly(),
  z.strictObject({ strategy: z.literal('RESET') }).readonly(),
  z.strictObject({ strategy: z.literal('RESET_WITH_SUMMARY'), summary_prompt: FlowText }).readonly(),
]);
export type ContextStrategy = z.infer<typeof ContextStrategy>;

export const FlowNode = z
  .strictObject({
    /** @default - the key of the node */
    name: NodeName.optional(),
    /** Who the agent is; stays until another node says otherwise. */
    role_message: FlowText.optional(),
    /** What the agent is to do in this node. */
    task_messages: z.array(TaskMessage).min(1, 'a node needs at least one task message').max(20),
    /** What the model may call in this node, beside the global functions. */
    functions: z.array(FlowFunction).max(32, 'a node offers at most 32 functions').default([]),
    /** Before the model answers. */
    pre_actions: z.array(FlowAction).max(20).default([]),
    /** After the model has answered. */
    post_actions: z.array(FlowAction).max(20).default([]),
    context_strategy: ContextStrategy.default({ strategy: 'APPEND' }),
    /** @default true - the agent speaks first */
    respond_immediately: z.boolean().default(true),
  })
  .readonly();
export type FlowNode = z.infer<typeof FlowNode>;

export const FlowShape = z.strictObject({
  /** Where a conversation begins. */
  initial_node: NodeName,
  /** The states of the conversation, by name. */
  nodes: z
    .record(NodeName, FlowNode)
    .refine((nodes) => Object.keys(nodes).length > 0, 'a flow has at least one node')
    .refine((nodes) => Object.keys(nodes).length <= 200, 'a flow has at most 200 nodes'),
  /** Offered in every node. @default [] */
  global_functions: z.array(FlowFunction).max(32).default([]),
});

/** `flow.yaml`: a deterministic state machine; the model runs only inside a node (V2). Nodes refer to existing nodes. */
export const Flow = FlowShape.superRefine((flow, context) => {
  const issue = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
  const known = Object.keys(flow.nodes);
  const checkNode = (name: string, path: PropertyKey[]) => {
    if (!Object.hasOwn(flow.nodes, name)) issue(path, `node ${name} does not exist; the flow has ${known.join(', ')}`);
  };
  const checkFunctions = (functions: readonly FlowFunction[], path: PropertyKey[], taken: ReadonlySet<string>) => {
    const seen = new Set(taken);
    for (const [index, fn] of functions.entries()) {
      const at = [...path, index];
      if (seen.has(fn.name)) issue([...at, 'name'], `function ${fn.name} stands twice in this node`);
      seen.add(fn.name);
      if (fn.next !== undefined) checkNode(fn.next, [...at, 'next']);
      for (const [outcome, node] of Object.entries(fn.transitions))
        if (node !== null) checkNode(node, [...at, 'transitions', outcome]);

      if (fn.handler === undefined && (Object.keys(fn.transitions).length > 0 || fn.dynamic_next))
        issue(at, `function ${fn.name} moves by its result, so it needs a handler that gives one`);

      if (fn.handler === undefined && fn.next === undefined)
        issue(at, `function ${fn.name} has neither handler nor next, so it does nothing`);

      for (const name of fn.required ?? []) {
        if (fn.properties !== undefined && !Object.hasOwn(fn.properties, name))
          issue([...at, 'required'], `required parameter ${name} is not among the properties of ${fn.name}`);
      }
    }
  };
  checkNode(flow.initial_node, ['initial_node']);
  checkFunctions(flow.global_functions, ['global_functions'], new Set());
  const globals = new Set(flow.global_functions.map((fn) => fn.name));
  for (const [key, node] of Object.entries(flow.nodes)) {
    if (node.name !== undefined && node.name !== key)
      issue(['nodes', key, 'name'], `the node's name differs from its key ${key}; leave the name out`);

    checkFunctions(node.functions, ['nodes', key, 'functions'], globals);
  }
}).readonly();
export type Flow = z.infer<typeof Flow>;

/**
 * Reads the text of a `flow.yaml`.
 * @throws LastgoodError `invalid-input` with file and line of every problem
 */
export const parseFlow = (text: string, source = 'flow.yaml'): Flow => parseYamlAs(Flow, text, source);
