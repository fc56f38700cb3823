import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Scope } from '../http/scope.ts';
import type { Services } from '../services/services.ts';
import type { FileAsset } from './assembly.ts';

/** A created resource as later resources and deploys see it. */
export interface Applied {
  /** What Ref gives. */
  readonly ref: string;
  /** What Fn::GetAtt gives. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface ResourceContext {
  readonly scope: Scope;
  readonly services: Services;
  readonly stackName: string;
  readonly logicalId: string;
  /** The resource as an earlier deploy left it, maybe of an earlier cloud with the same data folder. */
  readonly previous: Applied | undefined;
  /** True when that deploy had the same properties. */
  readonly unchanged: boolean;
  readonly assets: ReadonlyMap<string, FileAsset>;
}

/** A resource type of CloudFormation that the embedded cloud can create. */
export interface ResourceType {
  readonly type: string;
  /** Strict: a property that nobody reads here is an error, because on AWS it would do something. */
  readonly schema: z.ZodType;
  /** Creates the resource, or brings an existing one to these properties; repeating it changes nothing. */
  apply(context: ResourceContext, properties: unknown): Applied | Promise<Applied>;
  /** Called when a resource without DeletionPolicy Retain has left its template. */
  remove?(context: ResourceContext, applied: Applied): void | Promise<void>;
}

/** Declares a type; the schema gives `apply` its properties. */
export const resourceType = <T>(definition: {
  readonly type: string;
  readonly schema: z.ZodType<T>;
  readonly apply: (context: ResourceContext, properties: T) => Applied | Promise<Applied>;
  readonly remove?: (context: ResourceContext, applied: Applied) => void | Promise<void>;
}): ResourceType => ({
  ...definition,
  // The deployer hands over what the schema parsed.
  apply: (context, properties) => definition.apply(context, properties as T),
});

/** Properties that are accepted and change nothing on this machine. */
export const withoutEffect = <Name extends string>(
  ...names: readonly Name[]
): Record<Name, z.ZodOptional<z.ZodUnknown>> =>
  Object.fromEntries(names.map((name) => [name, z.unknown().optional()])) as Record<Name, z.ZodOptional<z.ZodUnknown>>;

/** Numbers and truth values of templates may be text. */
export const count = z.coerce.number();
export const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);

/** The schema of an API for a template, whose numbers may be text: those under `names` are made numbers, at any depth. */
export const withNumbers = <T>(schema: z.ZodType<T>, names: readonly string[]): z.ZodType<T> =>
  z.preprocess((value) => numbersIn(value, names), schema);

const numbersIn = (value: unknown, names: readonly string[]): unknown => {
  if (Array.isArray(value)) return value.map((item) => numbersIn(item, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [
      name,
      names.includes(name) && typeof child === 'string' && child.trim() !== ''
        ? Number(child)
        : numbersIn(child, names),
    ]),
  );
};

/** 17 hexadecimal digits that depend on stack and logical id only: ids stay the same from deploy to deploy. */
export const stableId = ({ scope, stackName, logicalId }: ResourceContext): string =>
  createHash('sha256').update(`${scope.account}/${scope.region}/${stackName}/${logicalId}`).digest('hex').slice(0, 17);

/** The name that CloudFormation would give to a resource without one. */
export const generatedName = (context: ResourceContext, max = 64): string => {
  const suffix = stableId(context).slice(0, 12).toUpperCase();
  return `${`${context.stackName}-${context.logicalId}`.slice(0, max - suffix.length - 1)}-${suffix}`;
};

export const arn = ({ scope }: ResourceContext, service: string, resource: string): string =>
  `arn:aws:${service}:${scope.region}:${scope.account}:${resource}`;
