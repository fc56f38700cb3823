import type { Outcome } from '../words/outcome.ts';
import type {
  ContextStrategy,
  Flow,
  FlowAction,
  FlowFunction,
  FlowNode,
  FlowText,
  NodeName,
  TaskMessage,
} from './flow.ts';

/** Moves between nodes in one conversation; a flow that loops without a caller ends here. */
export const maxTransitions = 1_000;

/** Where a conversation stands. Plain data: the same state and result always give the same step. */
export type FlowState =
  | {
      readonly kind: 'in-node';
      readonly node: NodeName;
      /** Node entries so far, the initial one included. */
      readonly transitions: number;
      /** The role of the last node that had one. */
      readonly role?: FlowText;
    }
  | {
      readonly kind: 'ended';
      readonly node: NodeName;
      readonly outcome: Exclude<Outcome, 'abandoned'>;
      readonly taskSucceeded: boolean;
    };

/** What the runtime does to enter a node, in this order. */
export interface NodeEntry {
  readonly state: Extract<FlowState, { kind: 'in-node' }>;
  /** 1. before anything of the node is said */
  readonly preActions: readonly FlowAction[];
  /** 2. how the conversation so far is kept, and what is added to it */
  readonly context: {
    readonly strategy: ContextStrategy;
    readonly role?: FlowText;
    readonly messages: readonly TaskMessage[];
  };
  /** 3. the only functions that the model may call now */
  readonly functions: readonly FlowFunction[];
  /** 4. the model answers at once, or waits for the caller */
  readonly respondImmediately: boolean;
  /** 5. after the node's first answer */
  readonly postActions: readonly FlowAction[];
}

/** What a tool gave back, reduced to what the flow decides by. */
export interface FunctionResult {
  /** Looked up in the function's `transitions`. */
  readonly outcome?: string;
  /** For functions with `dynamic_next` only. */
  readonly nextNode?: string;
}

export type FlowRefusal =
  'ended' | 'unknown-function' | 'unknown-outcome' | 'unknown-node' | 'unexpected-next-node' | 'too-many-transitions';

export type FlowStep =
  | { readonly kind: 'enter'; readonly entry: NodeEntry }
  /** The function leads nowhere: the model goes on in the same node with the result. */
  | { readonly kind: 'stay'; readonly state: FlowState }
  /** The flow forbids this; the state is unchanged. `message` holds names of the flow only, no caller data. */
  | { readonly kind: 'refused'; readonly reason: FlowRefusal; readonly message: string };

const refused = (reason: FlowRefusal, message: string): FlowStep => ({ kind: 'refused', reason, message });

const isNode = (flow: Flow, name: string): name is NodeName => Object.hasOwn(flow.nodes, name);

const nodeOf = (flow: Flow, name: string): FlowNode | undefined => (isNode(flow, name) ? flow.nodes[name] : undefined);

/** The functions that a node offers: its own and the flow's global ones. */
export const functionsOf = (flow: Flow, node: string): readonly FlowFunction[] => [
  ...(nodeOf(flow, node)?.functions ?? []),
  ...flow.global_functions,
];

/** Enters the initial node. */
export const start = (flow: Flow): FlowStep => enter(flow, flow.initial_node);

/**
 * Enters a node.
 * @param from the state before; without it a conversation begins here
 */
export const enter = (flow: Flow, node: string, from?: FlowState): FlowStep => {
  if (from?.kind === 'ended') return refused('ended', `the conversation has ended in ${from.node}`);
  const target = nodeOf(flow, node);
  if (!target || !isNode(flow, node)) {
    return refused(
      'unknown-node',
      `node ${node.slice(0, 64)} does not exist; the flow has ${Object.keys(flow.nodes).join(', ')}`,
    );
  }
  const transitions = (from?.transitions ?? 0) + 1;
  if (transitions > maxTransitions)
    return refused('too-many-transitions', `a conversation moves at most ${maxTransitions} times between nodes`);

  const role = target.role_message ?? from?.role;
  const kept = role === undefined ? {} : { role };
  return {
    kind: 'enter',
    entry: {
      state: { kind: 'in-node', node, transitions, ...kept },
      preActions: target.pre_actions,
      context: { strategy: target.context_strategy, ...kept, messages: target.task_messages },
      functions: functionsOf(flow, node),
      respondImmediately: target.respond_immediately,
      postActions: target.post_actions,
    },
  };
};

/**
 * Decides where a finished function leads: by the result's outcome, else `next`, else nowhere.
 * @param name the function as the model called it; one that the node does not offer is refused
 */
export const applyFunctionResult = (flow: Flow, state: FlowState, name: string, result: FunctionResult): FlowStep => {
  if (state.kind === 'ended') return refused('ended', `the conversation has ended in ${state.node}`);
  const fn = functionsOf(flow, state.node).find((offered) => offered.name === name);
  if (!fn) return refused('unknown-function', `node ${state.node} offers no function ${name.slice(0, 64)}`);
  if (result.nextNode !== undefined) {
    if (!fn.dynamic_next)
      return refused('unexpected-next-node', `function ${fn.name} may not choose its next node; set dynamic_next`);

    return enter(flow, result.nextNode, state);
  }
  if (result.outcome !== undefined && Object.keys(fn.transitions).length > 0) {
    const target = Object.hasOwn(fn.transitions, result.outcome) ? fn.transitions[result.outcome] : fn.next;
    if (target === undefined) {
      return refused(
        'unknown-outcome',
        `function ${fn.name} has no transition for outcome ${result.outcome.slice(0, 64)} and no next; ` +
          `it has ${Object.keys(fn.transitions).join(', ')}`,
      );
    }
    return target === null ? { kind: 'stay', state } : enter(flow, target, state);
  }
  return fn.next === undefined ? { kind: 'stay', state } : enter(flow, fn.next, state);
};

/** Ends the conversation, once an `end_conversation` action has been carried out. An ended one stays as it is. */
export const end = (state: FlowState, action: Extract<FlowAction, { type: 'end_conversation' }>): FlowState =>
  state.kind === 'ended'
    ? state
    : {
        kind: 'ended',
        node: state.node,
        outcome: action.outcome,
        taskSucceeded: action.task_succeeded ?? action.outcome === 'completed',
      };
