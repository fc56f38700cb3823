import { LastgoodError } from '#core/errors.ts';

export type MathNode =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'id'; readonly name: string }
  | { readonly kind: 'not' | 'negative'; readonly operand: MathNode }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: MathNode; readonly right: MathNode }
  | { readonly kind: 'array'; readonly items: readonly MathNode[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly MathNode[] };

const tokenPattern =
  /\s*(?:(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(==|!=|<=|>=|&&|\|\||[-+*/^<>()[\],]))/y;

/** Binary operators from the loosest to the tightest; each level groups to the left. */
const levels: readonly (readonly string[])[] = [
  ['OR'],
  ['AND'],
  ['==', '!=', '<', '>', '<=', '>='],
  ['+', '-'],
  ['*', '/'],
  ['^'],
];

const spelled: Readonly<Record<string, string>> = { '&&': 'AND', '||': 'OR' };

const maxTokens = 2_000;

const tokenize = (text: string): string[] => {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.trimEnd().length) {
    const start = tokenPattern.lastIndex;
    const match = tokenPattern.exec(text);
    if (!match || tokens.length >= maxTokens) {
      throw new LastgoodError(
        'unsupported-resource',
        `metric math "${text}": cannot read it from "${text.slice(start, start + 20)}"`,
      );
    }
    const token = match[1] ?? match[2] ?? match[3] ?? '';
    tokens.push(spelled[token] ?? token);
  }
  return tokens;
};

/**
 * Parses an expression of CloudWatch metric math.
 * @throws LastgoodError `unsupported-resource`
 */
export const parseMath = (text: string): MathNode => {
  const tokens = tokenize(text);
  let position = 0;
  const fail = (): never => {
    throw new LastgoodError(
      'unsupported-resource',
      `metric math "${text}": unexpected ${tokens[position] ?? 'end'} at token ${position + 1}`,
    );
  };
  const take = (token: string): boolean => {
    if (tokens[position] !== token) return false;
    position += 1;
    return true;
  };
  const expect = (token: string): void => void (take(token) || fail());

  const list = (end: string): MathNode[] => {
    const items: MathNode[] = [];
    if (take(end)) return items;
    do items.push(level(0));
    while (take(','));
    expect(end);
    return items;
  };

  const primary = (): MathNode => {
    if (take('(')) {
      const inner = level(0);
      expect(')');
      return inner;
    }
    if (take('[')) return { kind: 'array', items: list(']') };
    if (take('-')) return { kind: 'negative', operand: primary() };
    if (take('NOT')) return { kind: 'not', operand: level(2) };
    const token = tokens[position];
    if (token === undefined) return fail();
    if (/^[\d.]/.test(token)) {
      position += 1;
      return { kind: 'number', value: Number(token) };
    }
    if (!/^[A-Za-z_]/.test(token)) return fail();
    position += 1;
    return take('(') ? { kind: 'call', name: token, args: list(')') } : { kind: 'id', name: token };
  };

  const level = (index: number): MathNode => {
    const operators = levels[index];
    if (!operators) return primary();
    let left = level(index + 1);
    for (
      let operator = tokens[position];
      operator !== undefined && operators.includes(operator);
      operator = tokens[position]
    ) {
      position += 1;
      left = { kind: 'binary', operator, left, right: level(index + 1) };
    }
    return left;
  };

  const root = level(0);
  if (position < tokens.length) fail();
  return root;
};
