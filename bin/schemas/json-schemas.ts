import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { Scenario, Utterance } from '#callers/scenario.ts';
import { CanaryPlan } from '#core/canary/plan.ts';
import { Flow } from '#core/flow/flow.ts';
import { Org } from '#core/org/org.ts';
import { Overlay } from '#core/overlay/overlay.ts';
import { AgentConfig } from '#core/release/agent-config.ts';
import { EvalSuite } from '#core/release/eval-suite.ts';
import { ScriptedLlmParams } from '#runtime/providers/scripted/params.ts';
import { type Descriptions, describeFields, readDescriptions } from './descriptions.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** One kind of YAML file that people write. */
interface Kind {
  readonly title: string;
  readonly schema: z.ZodType;
}

/** By the name of the schema's file: `agent` is `docs/schemas/agent.schema.json`. */
export const kinds = {
  agent: { title: 'An agent: agent.yaml', schema: AgentConfig },
  flow: { title: "An agent's conversation: flow.yaml", schema: Flow },
  'eval-suite': { title: 'Conversations that an agent must get right: evals/*.yaml', schema: EvalSuite },
  caller: { title: 'A synthetic caller: callers/*.yaml', schema: Scenario },
  overlay: { title: 'What one customer changes about an agent: overlays/*.yaml', schema: Overlay },
  plan: { title: 'How a release is put to the test: a canary plan', schema: CanaryPlan },
  org: { title: 'One org, one AWS account: orgs/*.yaml', schema: Org },
} as const satisfies Record<string, Kind>;
export type KindName = keyof typeof kinds;

/** Where the zod schemas stand; their doc comments become the descriptions. */
const sources = [
  'callers/scenario.ts',
  'core/canary/guardrail.ts',
  'core/canary/plan.ts',
  'core/words/tier.ts',
  'core/flow/flow.ts',
  'core/words/names.ts',
  'core/words/agent-names.ts',
  'core/words/channel.ts',
  'core/words/outcome.ts',
  'core/words/reason.ts',
  'core/org/org.ts',
  'core/org/zone.ts',
  'core/overlay/overlay.ts',
  'core/release/agent-config.ts',
  'core/release/controls.ts',
  'core/release/eval-suite.ts',
  'core/release/manifest.ts',
  'core/model/model.ts',
  'core/release/version-label.ts',
  'runtime/providers/scripted/params.ts',
].map((path) => new URL(`../../${path}`, import.meta.url));

/**
 * JSON Schema (draft 7, which every YAML editor reads) of each kind of file. They say what may be written, before defaults
 * are filled in. Rules across fields are not in them: the build has the last word.
 */
export const jsonSchemas = async (): Promise<Readonly<Record<KindName, JsonSchema>>> => {
  const descriptions = readDescriptions(await Promise.all(sources.map(readSource)));
  const schemaOf = (name: KindName): JsonSchema => ({
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `urn:lastgood:schema:${name}`,
    title: kinds[name].title,
    ...convert(kinds[name].schema, descriptions),
  });
  // What they refer to stands in the schema of the agent already.
  const { definitions: _, ...params } = convert(ScriptedLlmParams, descriptions);
  return {
    agent: { ...schemaOf('agent'), allOf: [whenScripted(params)] },
    flow: schemaOf('flow'),
    'eval-suite': schemaOf('eval-suite'),
    caller: schemaOf('caller'),
    overlay: schemaOf('overlay'),
    plan: schemaOf('plan'),
    org: schemaOf('org'),
  };
};

const readSource = async (url: URL) => {
  const module: unknown = await import(url.href);
  return { text: await readFile(url, 'utf8'), exports: Object.entries(Object(module)) };
};

const convert = (schema: z.ZodType, descriptions: Descriptions): JsonSchema => {
  const whole: z.core.$ZodType = schema;
  const objects: (readonly [z.ZodObject, JsonSchema])[] = [];
  const { $schema: _, ...converted } = z.toJSONSchema(schema, {
    target: 'draft-07',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      // In a type "read-only" binds our code; in a schema it would forbid people to write the field.
      delete jsonSchema.readOnly;
      const description = descriptions.of(zodSchema);
      if (description !== undefined) jsonSchema.description = description;
      if (zodSchema === Utterance) addShortForm(jsonSchema);
      if (zodSchema instanceof z.ZodObject) objects.push([zodSchema, jsonSchema]);
      // The whole comes last: by then every part is finished.
      if (zodSchema === whole) for (const [object, json] of objects) describeFields(object, json, descriptions);
    },
  });
  return converted;
};

/** An utterance may be written as its text alone; a preprocessing step does not show in the schema by itself. */
const addShortForm = (jsonSchema: JsonSchema): void => {
  const { description, ...long } = jsonSchema;
  for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
  const short = { type: 'string', minLength: 1, maxLength: 500 } as const;
  Object.assign(jsonSchema, { ...(description !== undefined && { description }), anyOf: [short, long] });
};

/** `model.params` is open, since each provider has its own; for `scripted` the rules are known. */
const whenScripted = (params: JsonSchema): JsonSchema => ({
  if: modelWith({ provider: { const: 'scripted' } }, ['provider']),
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: modelWith({ params }, ['params']),
});

const modelWith = (properties: Record<string, JsonSchema>, required: string[]): JsonSchema => ({
  properties: { model: { properties, required } },
  required: ['model'],
});

/** Where the schema of a kind is kept. */
export const schemaFile = (name: string): URL => new URL(`../../docs/schemas/${name}.schema.json`, import.meta.url);

export const schemaText = (schema: JsonSchema): string => `${JSON.stringify(schema, null, 2)}\n`;
