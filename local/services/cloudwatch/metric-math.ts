import { LastgoodError } from '#core/errors.ts';
import { type MathNode, parseMath } from './math-parser.ts';

/** A value per bucket of the common time grid, oldest first; undefined where there is no data. */
export type Series = readonly (number | undefined)[];

type Value =
  | { readonly kind: 'scalar'; readonly value: number | undefined }
  | { readonly kind: 'series'; readonly values: Series }
  | { readonly kind: 'array'; readonly items: readonly Value[] };

/** A parsed expression with the ids that it reads. */
export interface MetricExpression {
  readonly text: string;
  readonly ids: readonly string[];
  /** Evaluates on a grid of `length` buckets. */
  evaluate(inputs: ReadonlyMap<string, Series>, length: number): Series;
}

const scalar = (value: number | undefined): Value => ({ kind: 'scalar', value });

/** No data comes out where no number does: missing input, division by zero. */
const finite = (value: number | undefined): number | undefined =>
  value !== undefined && Number.isFinite(value) ? value : undefined;

const at = (value: Value, index: number): number | undefined => {
  if (value.kind === 'scalar') return value.value;
  if (value.kind === 'series') return value.values[index];
  throw new LastgoodError('invalid-input', 'an array of metrics can only be the argument of SUM, AVG, MIN or MAX');
};

/** Applies `run` per bucket; the result is a scalar when every input is one. */
const map = (
  inputs: readonly Value[],
  length: number,
  run: (...values: (number | undefined)[]) => number | undefined,
): Value =>
  inputs.every(({ kind }) => kind === 'scalar')
    ? scalar(finite(run(...inputs.map((input) => at(input, 0)))))
    : {
        kind: 'series',
        values: Array.from({ length }, (_, index) => finite(run(...inputs.map((input) => at(input, index))))),
      };

const ofNumbers =
  (run: (a: number, b: number) => number) =>
  (a: number | undefined, b: number | undefined): number | undefined =>
    a === undefined || b === undefined ? undefined : run(a, b);

const operators: Readonly<Record<string, (a: number | undefined, b: number | undefined) => number | undefined>> = {
  '+': ofNumbers((a, b) => a + b),
  '-': ofNumbers((a, b) => a - b),
  '*': ofNumbers((a, b) => a * b),
  '/': ofNumbers((a, b) => a / b),
  '^': ofNumbers((a, b) => a ** b),
  '==': ofNumbers((a, b) => Number(a === b)),
  '!=': ofNumbers((a, b) => Number(a !== b)),
  '<': ofNumbers((a, b) => Number(a < b)),
  '>': ofNumbers((a, b) => Number(a > b)),
  '<=': ofNumbers((a, b) => Number(a <= b)),
  '>=': ofNumbers((a, b) => Number(a >= b)),
  AND: ofNumbers((a, b) => Number(a !== 0 && b !== 0)),
  OR: ofNumbers((a, b) => Number(a !== 0 || b !== 0)),
};

/** Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html */
const aggregate =
  (run: (values: readonly number[]) => number) =>
  (args: readonly Value[], length: number): Value => {
    const [first] = args;
    const numbers = (values: Series): number[] => values.filter((value) => value !== undefined);
    // An array is combined bucket by bucket, a single metric over its whole time.
    if (first?.kind === 'array') {
      return {
        kind: 'series',
        values: Array.from({ length }, (_, index) => {
          const present = numbers(first.items.map((item) => at(item, index)));
          return present.length === 0 ? undefined : run(present);
        }),
      };
    }
    const present = numbers(first?.kind === 'series' ? first.values : [first?.value]);
    return scalar(present.length === 0 ? undefined : run(present));
  };

const fill = (values: Value, filler: Value | 'REPEAT', length: number): Value => {
  let last: number | undefined;
  return {
    kind: 'series',
    values: Array.from({ length }, (_, index) => {
      const value = at(values, index);
      last = value ?? last;
      return value ?? (filler === 'REPEAT' ? last : at(filler, index));
    }),
  };
};

type MathFunction = {
  readonly min: number;
  readonly max: number;
  readonly run: (args: readonly Value[], length: number) => Value;
};

const functions: Readonly<Record<string, MathFunction>> = {
  // Per bucket the branch that the condition chooses; without data in the condition there is no result.
  IF: {
    min: 2,
    max: 3,
    run: (args, length) =>
      map(args, length, (condition, yes, no) => (condition === undefined ? undefined : condition === 0 ? no : yes)),
  },
  ABS: { min: 1, max: 1, run: (args, length) => map(args, length, (a) => (a === undefined ? undefined : Math.abs(a))) },
  CEIL: {
    min: 1,
    max: 1,
    run: (args, length) => map(args, length, (a) => (a === undefined ? undefined : Math.ceil(a))),
  },
  FLOOR: {
    min: 1,
    max: 1,
    run: (args, length) => map(args, length, (a) => (a === undefined ? undefined : Math.floor(a))),
  },
  SUM: { min: 1, max: 1, run: aggregate((values) => values.reduce((sum, value) => sum + value, 0)) },
  AVG: { min: 1, max: 1, run: aggregate((values) => values.reduce((sum, value) => sum + value, 0) / values.length) },
  MIN: { min: 1, max: 1, run: aggregate((values) => Math.min(...values)) },
  MAX: { min: 1, max: 1, run: aggregate((values) => Math.max(...values)) },
  FILL: {
    min: 2,
    max: 2,
    run: ([values = scalar(undefined), filler = scalar(0)], length) => fill(values, filler, length),
  },
};

const check = (node: MathNode, text: string): void => {
  const fail = (what: string): never => {
    throw new LastgoodError('unsupported-resource', `metric math "${text}": ${what}`);
  };
  switch (node.kind) {
    case 'number':
    case 'id':
      return;
    case 'not':
    case 'negative':
      return check(node.operand, text);
    case 'array':
      return node.items.forEach((item) => check(item, text));
    case 'binary':
      check(node.left, text);
      return check(node.right, text);
    case 'call': {
      const known = Object.hasOwn(functions, node.name) ? functions[node.name] : undefined;
      if (!known)
        return fail(`the function ${node.name} is not supported; known: ${Object.keys(functions).join(', ')}`);
      if (node.args.length < known.min || node.args.length > known.max)
        return fail(`${node.name} takes ${known.min} to ${known.max} arguments, not ${node.args.length}`);
      return node.args.forEach((argument) => check(argument, text));
    }
  }
};

const isRepeat = (node: MathNode | undefined): boolean => node?.kind === 'id' && node.name === 'REPEAT';

const evaluate = (node: MathNode, inputs: ReadonlyMap<string, Series>, length: number): Value => {
  const run = (child: MathNode): Value => evaluate(child, inputs, length);
  switch (node.kind) {
    case 'number':
      return scalar(node.value);
    case 'id':
      return { kind: 'series', values: inputs.get(node.name) ?? [] };
    case 'array':
      return { kind: 'array', items: node.items.map(run) };
    case 'not':
      return map([run(node.operand)], length, (a) => (a === undefined ? undefined : Number(a === 0)));
    case 'negative':
      return map([run(node.operand)], length, (a) => (a === undefined ? undefined : -a));
    case 'binary':
      return map([run(node.left), run(node.right)], length, (a, b) => operators[node.operator]?.(a, b));
    case 'call': {
      const [first, second] = node.args;
      if (node.name === 'FILL' && first && isRepeat(second)) return fill(run(first), 'REPEAT', length);
      return functions[node.name]?.run(node.args.map(run), length) ?? scalar(undefined);
    }
  }
};

const idsOf = (node: MathNode): readonly string[] => {
  switch (node.kind) {
    case 'number':
      return [];
    case 'id':
      return node.name === 'REPEAT' ? [] : [node.name];
    case 'not':
    case 'negative':
      return idsOf(node.operand);
    case 'array':
      return node.items.flatMap(idsOf);
    case 'binary':
      return [...idsOf(node.left), ...idsOf(node.right)];
    case 'call':
      return node.args.flatMap(idsOf);
  }
};

/**
 * Compiles a metric math expression: arithmetic, comparison, AND, OR, NOT, IF, FILL, ABS, CEIL, FLOOR and the aggregates.
 * @throws LastgoodError `unsupported-resource` for a syntax error or an unknown function
 */
export const compileMath = (text: string): MetricExpression => {
  const root = parseMath(text);
  check(root, text);
  return {
    text,
    ids: [...new Set(idsOf(root))],
    evaluate: (inputs, length) => {
      const value = evaluate(root, inputs, length);
      return Array.from({ length }, (_, index) => at(value, index));
    },
  };
};
