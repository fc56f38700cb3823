import { z } from 'zod';
import { LastgoodError } from '../errors.ts';
import type { Flow } from '../flow/flow.ts';

const Pattern = z
  .string()
  .min(1)
  .max(1_000)
  .refine((source) => patternOf(source) !== undefined, 'must be a regular expression of JavaScript');

/** The longest text of a caller that is looked at, so that no pattern runs for long. */
const maxCallerCharacters = 1_000;

/** One line of a script; the first of a node that fits is taken. */
export const ScriptRule = z
  .strictObject({
    /**
     * What happened: the node was entered, the caller spoke, a function gave its result and stayed in the node, or failed.
     * @default - caller with `when`, else enter
     */
    on: z.enum(['enter', 'caller', 'result', 'failure']).optional(),
    /** Only after this function. @default - after any, or none */
    of: z.string().max(64).optional(),
    /** Only when that function's result had this outcome. @default - any */
    outcome: z.string().max(64).optional(),
    /** Matched against the caller's words, ignoring case. @default - always fits */
    when: Pattern.optional(),
    /** Function of the node to call. */
    call: z.string().max(64).optional(),
    /** Arguments; `$day` stands for the named group `day`. @default - all named groups that matched */
    args: z.record(z.string().max(64), z.json()).optional(),
    /** Spoken, before the call if there is one; `{day}` is a named group or a field of the last function's result. */
    say: z.string().min(1).max(2_000).optional(),
  })
  .refine((rule) => rule.say !== undefined || rule.call !== undefined, 'a rule says something or calls a function')
  .refine((rule) => rule.when === undefined || rule.on === undefined || rule.on === 'caller', {
    path: ['when'],
    message: 'only what the caller says is matched',
  })
  .readonly();
export type ScriptRule = z.infer<typeof ScriptRule>;

/** `model.params` of the provider `scripted`: a model that answers by rules, the same every time, without a network. */
export const ScriptedParams = z
  .strictObject({
    /** Rules by flow node; those of `*` come after the node's own. */
    rules: z.record(z.string().max(64), z.array(ScriptRule).max(100)),
    /** Said when the caller's words fit no rule. */
    fallback: z.string().min(1).max(500).default('Sorry, I did not get that. Could you say it again?'),
    /** Said when a function failed and no rule speaks of it. */
    apology: z.string().min(1).max(500).default('I am sorry, something went wrong on my side.'),
    /** Time to the first word, in milliseconds. @default 0 */
    firstTokenMs: z.int().min(0).max(60_000).default(0),
  })
  .readonly();
export type ScriptedParams = z.infer<typeof ScriptedParams>;

/** What the scripted model answers to. */
export type ScriptCue = {
  readonly node: string;
  /** The function that ran last in this conversation, and what it gave. */
  readonly last?: { readonly function: string; readonly result: Readonly<Record<string, unknown>> };
} & ({ readonly on: 'enter' | 'result' | 'failure' } | { readonly on: 'caller'; readonly text: string });

/** Nothing to say and nothing to call: the model waits for the caller. */
export interface ScriptReply {
  readonly say?: string;
  readonly call?: { readonly name: string; readonly args: Readonly<Record<string, unknown>> };
}

/**
 * The scripted model's whole decision; pure.
 * @throws LastgoodError `provider-failed` when a text names a `{field}` that nothing gives
 */
export const scriptReply = (params: ScriptedParams, cue: ScriptCue): ScriptReply => {
  const rules = [...(own(params.rules, cue.node) ?? []), ...(own(params.rules, '*') ?? [])];
  for (const rule of rules) {
    if (cueOf(rule) !== cue.on) continue;
    const match = matchOf(rule, cue);
    if (!match) continue;
    const fields = { ...cue.last?.result, ...match };
    return {
      ...(rule.say === undefined ? {} : { say: filled(rule.say, fields, cue.node) }),
      ...(rule.call === undefined ? {} : { call: { name: rule.call, args: argsOf(rule, match) } }),
    };
  }
  if (cue.on === 'caller') return { say: params.fallback };
  return cue.on === 'failure' ? { say: params.apology } : {};
};

/** Rules that can never run: for a node or function that the flow does not have, one line each. */
export const scriptProblems = (params: ScriptedParams, flow: Flow): readonly string[] =>
  Object.entries(params.rules).flatMap(([node, rules]) => {
    const at = `model.params.rules.${node}`;
    const target = Object.entries(flow.nodes).find(([name]) => name === node)?.[1];
    if (!target && node !== '*')
      return [`${at}: node ${node} does not exist; the flow has ${Object.keys(flow.nodes).join(', ')}`];
    const nodes = target ? [target] : Object.values(flow.nodes);
    const functions = [...flow.global_functions, ...nodes.flatMap((each) => each.functions)].map((fn) => fn.name);
    return rules.flatMap(({ call }, index) =>
      call === undefined || functions.includes(call)
        ? []
        : [`${at}[${index}].call: function ${call} is not offered there; there is ${functions.join(', ') || 'none'}`],
    );
  });

const cueOf = (rule: ScriptRule): ScriptCue['on'] => rule.on ?? (rule.when === undefined ? 'enter' : 'caller');

function patternOf(source: string): RegExp | undefined {
  try {
    return new RegExp(source, 'iu');
  } catch {
    return undefined;
  }
}

const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

const matchOf = (rule: ScriptRule, cue: ScriptCue): Readonly<Record<string, string>> | undefined => {
  if (rule.of !== undefined && rule.of !== cue.last?.function) return undefined;
  if (rule.outcome !== undefined && rule.outcome !== cue.last?.result['outcome']) return undefined;
  if (rule.when === undefined || cue.on !== 'caller') return {};
  const match = patternOf(rule.when)?.exec(cue.text.slice(0, maxCallerCharacters));
  if (!match) return undefined;
  return Object.fromEntries(Object.entries(match.groups ?? {}).filter(([, value]) => value !== undefined));
};

const argsOf = (rule: ScriptRule, match: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> => {
  if (!rule.args) return match;
  return Object.fromEntries(
    Object.entries(rule.args).flatMap(([name, value]) => {
      if (typeof value !== 'string' || !value.startsWith('$')) return [[name, value]];
      const group = own(match, value.slice(1));
      return group === undefined ? [] : [[name, group]];
    }),
  );
};

const filled = (text: string, fields: Readonly<Record<string, unknown>>, node: string): string =>
  text.replaceAll(/\{([A-Za-z_]\w*)\}/gu, (_, name: string) => {
    const value = own(fields, name);
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    throw new LastgoodError(
      'provider-failed',
      `the script of node ${node} says {${name}}, which neither the caller's words nor the last function's result gives`,
    );
  });
