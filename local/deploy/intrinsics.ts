import { LastgoodError } from '#core/errors.ts';
import type { Template } from './assembly.ts';

/** What a template can refer to while its resources are created. */
export interface ResolveContext {
  readonly template: Template;
  readonly account: string;
  readonly region: string;
  readonly stackName: string;
  /** Ref of a created resource. */
  ref(logicalId: string): string | undefined;
  attribute(logicalId: string, name: string): unknown;
  /** Value of an export of the same account and region. */
  importValue(name: string): string | undefined;
}

const fail = (what: string): never => {
  throw new LastgoodError('unsupported-resource', what);
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown, where: string): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : fail(`${where} needs text, not ${JSON.stringify(value)}`);

const list = (value: unknown, where: string): readonly unknown[] =>
  Array.isArray(value) ? value : fail(`${where} needs a list, not ${JSON.stringify(value)}`);

const pseudo = (context: ResolveContext): Readonly<Record<string, string>> => ({
  'AWS::AccountId': context.account,
  'AWS::Region': context.region,
  'AWS::StackName': context.stackName,
  'AWS::StackId': `arn:aws:cloudformation:${context.region}:${context.account}:stack/${context.stackName}/embedded`,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
});

/** `Ref: AWS::NoValue` removes the property that holds it. */
const noValue = Symbol('AWS::NoValue');

/** Parameters have their default; the one of the bootstrap version counts as a current bootstrap. */
const parameter = (context: ResolveContext, name: string): unknown => {
  const definition = context.template.Parameters[name];
  if (!definition) return undefined;
  if (definition.Type.startsWith('AWS::SSM::Parameter')) return '999';
  return definition.Default ?? fail(`the parameter ${name} has no default, and the embedded cloud passes none`);
};

const ref = (context: ResolveContext, name: string): unknown => {
  if (name === 'AWS::NoValue') return noValue;
  return (
    pseudo(context)[name] ??
    parameter(context, name) ??
    context.ref(name) ??
    fail(`Ref ${name} names no resource, parameter or supported pseudo parameter`)
  );
};

const getAtt = (context: ResolveContext, argument: unknown): unknown => {
  const [logicalId = '', ...attribute] = Array.isArray(argument) ? argument.map(String) : String(argument).split('.');
  const name = attribute.join('.');
  return (
    context.attribute(logicalId, name) ??
    fail(`Fn::GetAtt ${logicalId}.${name}: the embedded cloud does not know this attribute`)
  );
};

const sub = (context: ResolveContext, argument: unknown): string => {
  const [template, variables] = Array.isArray(argument) ? [argument[0], argument[1]] : [argument, {}];
  const values = isObject(variables) ? variables : {};
  return text(template, 'Fn::Sub').replaceAll(/\$\{(!?)([^}]+)\}/g, (whole, literal: string, name: string) => {
    if (literal === '!') return `\${${name}}`;
    if (name in values) return text(resolve(context, values[name]), 'Fn::Sub');
    return text(name.includes('.') ? getAtt(context, name) : ref(context, name), `Fn::Sub ${whole}`);
  });
};

/** Value of a condition of the template. */
export const isConditionTrue = (context: ResolveContext, name: string): boolean => {
  if (!(name in context.template.Conditions)) fail(`the condition ${name} is not defined`);
  return resolve(context, context.template.Conditions[name]) === true;
};

type Intrinsic = (context: ResolveContext, argument: unknown) => unknown;

const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: (context, argument) => ref(context, String(argument)),
  'Fn::GetAtt': getAtt,
  'Fn::Sub': sub,
  'Fn::Join': (context, argument) => {
    const [separator, items] = list(argument, 'Fn::Join');
    return list(resolve(context, items), 'Fn::Join')
      .map((item) => text(item, 'Fn::Join'))
      .join(text(separator, 'Fn::Join'));
  },
  'Fn::Select': (context, argument) => {
    const [index, items] = list(argument, 'Fn::Select');
    const found = list(resolve(context, items), 'Fn::Select')[Number(resolve(context, index))];
    return found ?? fail(`Fn::Select: there is no item ${String(index)}`);
  },
  'Fn::Split': (context, argument) => {
    const [separator, value] = list(argument, 'Fn::Split');
    return text(resolve(context, value), 'Fn::Split').split(text(separator, 'Fn::Split'));
  },
  'Fn::ImportValue': (context, argument) => {
    const name = text(resolve(context, argument), 'Fn::ImportValue');
    return context.importValue(name) ?? fail(`Fn::ImportValue ${name}: no stack of this account and region exports it`);
  },
  'Fn::If': (context, argument) => {
    const [condition, yes, no] = list(argument, 'Fn::If');
    return resolve(context, isConditionTrue(context, String(condition)) ? yes : no);
  },
  'Fn::Equals': (context, argument) => {
    const [a, b] = list(resolve(context, argument), 'Fn::Equals');
    return JSON.stringify(a) === JSON.stringify(b);
  },
  'Fn::And': (context, argument) => list(resolve(context, argument), 'Fn::And').every((one) => one === true),
  'Fn::Or': (context, argument) => list(resolve(context, argument), 'Fn::Or').some((one) => one === true),
  'Fn::Not': (context, argument) => list(resolve(context, argument), 'Fn::Not')[0] !== true,
  Condition: (context, argument) => isConditionTrue(context, String(argument)),
  'Fn::FindInMap': (context, argument) => {
    const [map, top, second] = list(resolve(context, argument), 'Fn::FindInMap').map(String);
    return (
      context.template.Mappings[map ?? '']?.[top ?? '']?.[second ?? ''] ??
      fail(`Fn::FindInMap: ${map}.${top}.${second} is not in the mappings`)
    );
  },
  'Fn::GetAZs': (context) => ['a', 'b', 'c'].map((zone) => context.region + zone),
  'Fn::Base64': (context, argument) => Buffer.from(text(resolve(context, argument), 'Fn::Base64')).toString('base64'),
};

const isIntrinsicName = (name: string): boolean => name === 'Ref' || name.startsWith('Fn::');

/**
 * Replaces every intrinsic function in a value.
 * @throws LastgoodError `unsupported-resource` for an intrinsic, attribute or name that is not known
 */
export const resolve = (context: ResolveContext, value: unknown): unknown => {
  if (Array.isArray(value)) return value.map((item) => resolve(context, item)).filter((item) => item !== noValue);
  if (!isObject(value)) return value;
  const [name, ...others] = Object.keys(value);
  if (name !== undefined && others.length === 0) {
    // A lone `Condition` refers to a condition by name; in IAM statements it holds an object and is data.
    const intrinsic = name === 'Condition' && typeof value[name] !== 'string' ? undefined : intrinsics[name];
    if (intrinsic) return intrinsic(context, value[name]);
    if (isIntrinsicName(name)) return fail(`the intrinsic ${name} is not supported by the embedded cloud`);
  }
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, child]) => [key, resolve(context, child)] as const)
      .filter(([, child]) => child !== noValue),
  );
};

/** Logical ids that a value refers to by Ref, Fn::GetAtt or Fn::Sub. */
export const references = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(references);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    if (key === 'Ref') return [String(child)];
    if (key === 'Fn::GetAtt') return [String(Array.isArray(child) ? child[0] : String(child).split('.')[0])];
    if (key === 'Fn::Sub') {
      const template = String(Array.isArray(child) ? child[0] : child);
      const named = [...template.matchAll(/\$\{([^}!]+)\}/g)].map((match) => (match[1] ?? '').split('.')[0] ?? '');
      return [...named, ...references(child)];
    }
    return references(child);
  });
};
