import { LastgoodError, isLastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';
import { AwsError } from '../http/aws-error.ts';
import type { Services } from '../services.ts';
import type { StackArtifact, TemplateResource } from './assembly.ts';
import { type ResolveContext, isConditionTrue, references, resolve } from './intrinsics.ts';
import { resourceTypes } from '../registry.ts';
import type { Applied, ResourceContext, ResourceType } from './resource-type.ts';
import type { ResourceState, StackState, StacksDocument } from './stack-state.ts';

/** Resources in an order in which each comes after what it refers to. */
const ordered = (
  stack: StackArtifact,
  resources: readonly (readonly [string, TemplateResource])[],
): readonly (readonly [string, TemplateResource])[] => {
  const byId = new Map(resources);
  const done = new Map<string, TemplateResource>();
  const visit = (id: string, path: readonly string[]): void => {
    const resource = byId.get(id);
    if (!resource || done.has(id)) return;
    if (path.includes(id)) {
      throw new LastgoodError(
        'unsupported-resource',
        `stack ${stack.stackName}: resources refer to each other in a circle: ${[...path, id].join(' -> ')}`,
      );
    }
    for (const other of [...resource.DependsOn, ...references(resource.Properties)]) visit(other, [...path, id]);
    done.set(id, resource);
  };
  for (const [id] of resources) visit(id, []);
  return [...done];
};

const typeOf = (stack: StackArtifact, id: string, type: string): ResourceType => {
  const known = resourceTypes.get(type);
  if (!known) {
    throw new LastgoodError(
      'unsupported-resource',
      `stack ${stack.stackName}, resource ${id}: the embedded cloud does not know the type ${type}. Add it to the resources.ts of its service under local/services.`,
    );
  }
  return known;
};

/** Names stack, logical id and type in whatever went wrong. */
const inResource = async <T>(stack: StackArtifact, id: string, type: string, run: () => T | Promise<T>): Promise<T> => {
  try {
    return await run();
  } catch (error) {
    const where = `stack ${stack.stackName}, resource ${id} (${type})`;
    if (isLastgoodError(error)) throw new LastgoodError(error.code, `${where}: ${error.message}`, { cause: error });
    if (error instanceof AwsError)
      throw new LastgoodError('unsupported-resource', `${where}: ${error.code}: ${error.message}`, { cause: error });
    throw new LastgoodError('internal', `${where}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
};

export interface DeployStackOptions {
  readonly stack: StackArtifact;
  readonly services: Services;
  /** Stacks of the same account and region; this stack's entry is replaced as it grows. */
  readonly stacks: StacksDocument;
  /** Resources (`<stack>/<logical id>`) that this cloud has created itself: unchanged ones are left alone. */
  readonly live: Set<string>;
  readonly onResource: (logicalId: string) => void;
}

const resolveContext = (
  { stack, stacks }: DeployStackOptions,
  resources: Readonly<Record<string, ResourceState>>,
): ResolveContext => ({
  template: stack.template,
  account: stack.account,
  region: stack.region,
  stackName: stack.stackName,
  ref: (id) => resources[id]?.ref,
  attribute: (id, name) => resources[id]?.attributes[name],
  importValue: (name) => Object.values(stacks).find((other) => name in other.exports)?.exports[name],
});

const resourceContext = (
  { stack, services }: DeployStackOptions,
  logicalId: string,
  previous: Applied | undefined,
  unchanged: boolean,
): ResourceContext => ({
  scope: { account: stack.account, region: stack.region },
  services,
  stackName: stack.stackName,
  logicalId,
  previous,
  unchanged,
  assets: stack.assets,
});

const applyResource = async (
  options: DeployStackOptions,
  id: string,
  resource: TemplateResource,
  context: ResolveContext,
  previous: ResourceState | undefined,
): Promise<ResourceState> => {
  const { stack, live } = options;
  const type = typeOf(stack, id, resource.Type);
  const properties = parseOrThrow(
    type.schema,
    resolve(context, resource.Properties),
    'the set of its properties',
    'unsupported-resource',
  );
  const text = JSON.stringify(resolve(context, resource.Properties));
  const same = previous?.type === resource.Type && previous.properties === text;
  const key = `${stack.account}.${stack.region}/${stack.stackName}/${id}`;
  if (previous && same && live.has(key)) return previous;
  const earlier = previous?.type === resource.Type ? previous : undefined;
  const applied = await type.apply(resourceContext(options, id, earlier, same), properties);
  live.add(key);
  return {
    type: resource.Type,
    ref: applied.ref,
    attributes: applied.attributes,
    properties: text,
    deletionPolicy: resource.DeletionPolicy,
  };
};

/** Removes what an earlier deploy created and the template no longer has, last created first. */
const removeGone = async (
  options: DeployStackOptions,
  before: StackState,
  after: Readonly<Record<string, ResourceState>>,
): Promise<void> => {
  for (const [id, state] of Object.entries(before.resources).toReversed()) {
    const now = after[id];
    // A resource that was replaced under another name goes like one that left.
    if (now && now.type === state.type && now.ref === state.ref) continue;
    if (state.deletionPolicy === 'Retain' || state.deletionPolicy === 'RetainExceptOnCreate') continue;
    const type = resourceTypes.get(state.type);
    await inResource(options.stack, id, state.type, () =>
      type?.remove?.(resourceContext(options, id, undefined, false), state),
    );
    if (!now) options.live.delete(`${options.stack.account}.${options.stack.region}/${options.stack.stackName}/${id}`);
  }
};

/** Texts of the outputs and exports of a stack. */
const outputsOf = (stack: StackArtifact, context: ResolveContext): Pick<StackState, 'outputs' | 'exports'> => {
  const present = Object.entries(stack.template.Outputs).filter(
    ([, { Condition: condition }]) => condition === undefined || isConditionTrue(context, condition),
  );
  const values = present.map(([name, output]) => ({
    name,
    value: String(resolve(context, output.Value)),
    exportName: output.Export && String(resolve(context, output.Export.Name)),
  }));
  return {
    outputs: Object.fromEntries(values.map(({ name, value }) => [name, value])),
    exports: Object.fromEntries(
      values.flatMap(({ exportName, value }) => (exportName === undefined ? [] : [[exportName, value]])),
    ),
  };
};

/**
 * Creates or updates one stack.
 * @throws LastgoodError `unsupported-resource` naming stack and logical id for a type, property or intrinsic that is not known
 */
export const deployStack = async (options: DeployStackOptions): Promise<StackState> => {
  const { stack, stacks } = options;
  const before = stacks[stack.stackName] ?? { resources: {}, outputs: {}, exports: {} };
  const resources: Record<string, ResourceState> = {};
  const context = resolveContext(options, resources);
  const wanted = Object.entries(stack.template.Resources).filter(
    ([, { Condition: condition }]) => condition === undefined || isConditionTrue(context, condition),
  );
  // Unknown types are found before anything is created.
  for (const [id, { Type: type }] of wanted) typeOf(stack, id, type);
  for (const [id, resource] of ordered(stack, wanted)) {
    resources[id] = await inResource(stack, id, resource.Type, () =>
      applyResource(options, id, resource, context, before.resources[id]),
    );
    // An interrupted deploy goes on from here: what was created is known.
    stacks[stack.stackName] = { ...before, resources: { ...before.resources, ...resources } };
    options.onResource(id);
  }
  const outputs = await inResource(stack, 'Outputs', 'outputs', () => outputsOf(stack, context));
  await removeGone(options, before, resources);
  const state: StackState = { resources, ...outputs };
  stacks[stack.stackName] = state;
  return state;
};
