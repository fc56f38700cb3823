import { AwsError } from './aws-error.ts';

type FormValue = string | FormNode;
interface FormNode {
  [name: string]: FormValue;
}

/** Without a prototype: names come from the caller. */
const emptyNode = (): FormNode => Object.create(null) as FormNode;

const isNumbered = (node: FormNode): boolean => {
  const names = Object.keys(node);
  return names.length > 0 && names.every((name) => /^\d+$/.test(name));
};

/** Lists come as `Name.member.1` or `Name.entry.1`; both become arrays in the order of their numbers. */
const settled = (value: FormValue): unknown => {
  if (typeof value === 'string') return value;
  if (isNumbered(value)) {
    return Object.entries(value)
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, item]) => settled(item));
  }
  const names = Object.keys(value);
  const wrapper = names.length === 1 ? names[0] : undefined;
  const inner = wrapper === 'member' || wrapper === 'entry' ? value[wrapper] : undefined;
  if (inner !== undefined && typeof inner === 'object' && isNumbered(inner)) return settled(inner);
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, settled(child)]));
};

const maxParameters = 2_000;

/**
 * Parses the form of the AWS query protocol into the object that the SDK was given.
 * Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 * @throws AwsError `MalformedQueryString` for more parameters than any call has
 */
export const parseQueryForm = (
  body: string,
): { action: string; version: string | undefined; input: Record<string, unknown> } => {
  const root = emptyNode();
  const parameters = [...new URLSearchParams(body)];
  if (parameters.length > maxParameters) {
    throw new AwsError(
      'MalformedQueryString',
      `the form has ${parameters.length} parameters; at most ${maxParameters}`,
    );
  }
  for (const [path, text] of parameters) {
    const steps = path.split('.');
    const last = steps.pop() ?? path;
    let node = root;
    for (const step of steps) {
      const next = node[step];
      const child = typeof next === 'object' ? next : emptyNode();
      node[step] = child;
      node = child;
    }
    node[last] = text;
  }
  const { Action: action, Version: version, ...input } = root;
  return {
    action: typeof action === 'string' ? action : '',
    version: typeof version === 'string' ? version : undefined,
    input: Object.fromEntries(Object.entries(input).map(([name, value]) => [name, settled(value)])),
  };
};
