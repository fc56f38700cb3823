import type { Flow, FlowFunction, FlowText } from './flow.ts';

/** What a flow may refer to outside itself. */
export interface FlowSurroundings {
  /** Tools by name: their parameters' names and the outcomes that they declare. */
  readonly tools: Readonly<
    Record<string, { readonly parameters: readonly string[]; readonly outcomes?: readonly string[] | undefined }>
  >;
  /** Paths of the prompt files: `prompts/greeting.md`. */
  readonly prompts: readonly string[];
}

const listed = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

/** Every reference of a flow to a tool, outcome, parameter or prompt that does not exist, one line each. */
export const flowProblems = (flow: Flow, { tools, prompts }: FlowSurroundings): readonly string[] => {
  const problems: string[] = [];
  const checkText = (text: FlowText | undefined, at: string) => {
    if (typeof text === 'object' && !prompts.includes(text.prompt))
      problems.push(`${at}: prompt file ${text.prompt} does not exist; the agent has ${listed(prompts)}`);
  };
  const checkTool = (name: string | undefined, at: string) => {
    if (name !== undefined && !Object.hasOwn(tools, name))
      problems.push(`${at}: tool ${name} does not exist; the agent has ${listed(Object.keys(tools))}`);
  };
  const checkFunction = (fn: FlowFunction, at: string) => {
    checkTool(fn.handler, at);
    const tool =
      fn.handler === undefined ? undefined : Object.hasOwn(tools, fn.handler) ? tools[fn.handler] : undefined;
    if (tool) problems.push(...functionProblems(fn, tool, at));
  };
  for (const fn of flow.global_functions) checkFunction(fn, `global function ${fn.name}`);
  for (const [name, node] of Object.entries(flow.nodes)) {
    const at = `node ${name}`;
    checkText(node.role_message, `${at}, role_message`);
    for (const message of node.task_messages) if ('prompt' in message) checkText(message, `${at}, task_messages`);
    if ('summary_prompt' in node.context_strategy)
      checkText(node.context_strategy.summary_prompt, `${at}, summary_prompt`);

    for (const fn of node.functions) checkFunction(fn, `${at}, function ${fn.name}`);
    for (const action of [...node.pre_actions, ...node.post_actions])
      if ('handler' in action) checkTool(action.handler, `${at}, ${action.type} action`);
  }
  return problems;
};

const functionProblems = (fn: FlowFunction, tool: FlowSurroundings['tools'][string], at: string): readonly string[] => {
  const { parameters, outcomes } = tool;
  const unknown = Object.keys(fn.properties ?? {}).filter((property) => !parameters.includes(property));
  const unknownRequired = fn.properties ? [] : (fn.required ?? []).filter((name) => !parameters.includes(name));
  const problems = [...unknown, ...unknownRequired].map(
    (name) => `${at}: tool ${fn.handler} has no parameter ${name}; it has ${listed(parameters)}`,
  );
  if (!outcomes) return problems;
  const impossible = Object.keys(fn.transitions).filter((outcome) => !outcomes.includes(outcome));
  const open = outcomes.filter((outcome) => !Object.hasOwn(fn.transitions, outcome));
  problems.push(
    ...impossible.map(
      (outcome) => `${at}: tool ${fn.handler} never gives outcome ${outcome}; it gives ${listed(outcomes)}`,
    ),
  );
  if (Object.keys(fn.transitions).length > 0 && fn.next === undefined && open.length > 0)
    problems.push(`${at}: no transition for outcome ${open.join(', ')}; add it to transitions, or a next`);

  return problems;
};

/** Nodes that no function can reach from the initial one. Empty when a function chooses its next node at run time. */
export const unreachableNodes = (flow: Flow): readonly string[] => {
  const functionsOf = (name: string): readonly FlowFunction[] => [
    ...(Object.entries(flow.nodes).find(([key]) => key === name)?.[1].functions ?? []),
    ...flow.global_functions,
  ];
  const reached = new Set<string>();
  const open: string[] = [flow.initial_node];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const fn of functionsOf(name)) {
      if (fn.dynamic_next) return [];
      open.push(
        ...Object.values(fn.transitions).filter((node) => node !== null),
        ...(fn.next === undefined ? [] : [fn.next]),
      );
    }
  }
  return Object.keys(flow.nodes).filter((name) => !reached.has(name));
};
