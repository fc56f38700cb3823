import { pause } from '#core/clock.ts';
import { type LlmEvent, type LlmProvider, type LlmRequest, type Message, ProviderError } from '../provider.ts';
import type { ScriptedLlmParams, ScriptedRule } from './params.ts';

/** A language model that follows the rules in the release's `model.params`: same conversation, same answers. */
export const scriptedLlm: LlmProvider<ScriptedLlmParams> = {
  params: async () => (await import('./params.ts')).ScriptedLlmParams,
  open: (params, { clock }) => ({
    respond: async function* (request) {
      if (params.thinkMs > 0) await pause(clock, params.thinkMs, request.signal);
      for (const event of answer(params, request)) {
        request.signal.throwIfAborted();
        yield event;
      }
    },
  }),
};

const answer = function* (params: ScriptedLlmParams, request: LlmRequest): Generator<LlmEvent> {
  if (request.cause === 'summary') return yield { type: 'text', text: summaryOf(request.messages) };
  const rules = [...(params.rules[request.node] ?? []), ...(params.rules['*'] ?? [])];
  const found = rules.map((rule) => fit(rule, request)).find((candidate) => candidate !== undefined);
  const result = resultOf(request.messages);
  yield { type: 'usage', costUsd: params.costUsdPerAnswer };
  if (!found) {
    const refused = request.cause === 'result' && fieldOf(result, ['error']) !== undefined;
    if (request.cause === 'turn' || refused) yield { type: 'text', text: params.fallback };
    if (request.cause === 'failure') yield { type: 'text', text: params.apology };
    return;
  }
  const { say, call } = found.rule;
  if (say !== undefined) yield { type: 'text', text: fill(say, found.values, result) };
  if (call === undefined) return;
  if (!request.functions.some(({ name }) => name === call))
    throw new ProviderError('llm_error', `the scripted model calls ${call}, which node ${request.node} does not offer`);

  yield { type: 'call', name: call, args: argumentsOf(found, result) };
};

type Values = Readonly<Record<string, string | undefined>>;

interface Fit {
  readonly rule: ScriptedRule;
  readonly values: Values;
}

const last = (messages: readonly Message[], role: Message['role']): string =>
  messages.findLast((message) => message.role === role)?.content ?? '';

const fit = (rule: ScriptedRule, request: LlmRequest): Fit | undefined => {
  if (rule.on !== request.cause) return undefined;
  if (rule.when === undefined) return { rule, values: {} };
  const cue = last(request.messages, request.cause === 'result' ? 'function' : 'user');
  const match = new RegExp(rule.when, 'iu').exec(cue);
  return match ? { rule, values: match.groups ?? {} } : undefined;
};

const resultOf = (messages: readonly Message[]): unknown => {
  const text = last(messages, 'function');
  return text === '' ? undefined : (JSON.parse(text) as unknown);
};

const fieldOf = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined),
    value,
  );

const fill = (text: string, values: Values, result: unknown): string =>
  text.replace(/\{(?:result\.([\w.]+)|(\w+))\}/g, (whole, path: string | undefined, name: string | undefined) => {
    if (name !== undefined) return values[name] ?? whole;
    const value = fieldOf(result, (path ?? '').split('.'));
    if (value === undefined) return whole;
    return typeof value === 'string' ? value : JSON.stringify(value);
  });

/** A text that is one placeholder and nothing else keeps the type of its value. */
const fillArgument = (value: unknown, values: Values, result: unknown): unknown => {
  if (typeof value !== 'string') return value;
  const name = /^\{(\w+)\}$/.exec(value)?.[1];
  if (name !== undefined) return values[name];
  const path = /^\{result\.([\w.]+)\}$/.exec(value)?.[1];
  return path === undefined ? fill(value, values, result) : fieldOf(result, path.split('.'));
};

const argumentsOf = ({ rule, values }: Fit, result: unknown): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(rule.args)
      .map(([name, value]) => [name, fillArgument(value, values, result)] as const)
      .filter(([, value]) => value !== undefined),
  );

const summaryOf = (messages: readonly Message[]): string =>
  `The caller said: ${messages.flatMap(({ role, content }) => (role === 'user' ? [content] : [])).join(' / ')}`;
