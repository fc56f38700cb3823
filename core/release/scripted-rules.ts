import { z } from 'zod';
import type { Flow } from '../flow/flow.ts';

/**
 * The names in `model.params` of the provider `scripted`, as far as a build can check them against the flow. The provider
 * itself checks all the rest when a host prepares the release.
 */
export const ScriptedRules = z.looseObject({
  /** Rules by flow node; those of `*` hold in every node. */
  rules: z.record(z.string(), z.array(z.looseObject({ call: z.string().optional() }))),
});
export type ScriptedRules = z.infer<typeof ScriptedRules>;

/** Rules that can never run: for a node or function that the flow does not have, one line each. */
export const scriptedRuleProblems = ({ rules }: ScriptedRules, flow: Flow): readonly string[] =>
  Object.entries(rules).flatMap(([name, ofNode]) => {
    const at = `model.params.rules.${name}`;
    const node = Object.entries(flow.nodes).find(([key]) => key === name)?.[1];
    if (!node && name !== '*')
      return [`${at}: node ${name} does not exist; the flow has ${Object.keys(flow.nodes).join(', ')}`];

    const nodes = node ? [node] : Object.values(flow.nodes);
    const offered = [...flow.global_functions, ...nodes.flatMap((each) => each.functions)].map((fn) => fn.name);
    return ofNode.flatMap(({ call }, index) =>
      call === undefined || offered.includes(call)
        ? []
        : [`${at}[${index}].call: function ${call} is not offered there; there is ${offered.join(', ') || 'none'}`],
    );
  });
