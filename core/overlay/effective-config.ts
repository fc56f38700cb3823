import { canonicalJson } from '../release/canonical.ts';
import { type BusinessRule, type Controls, type OverlayField, overlayFields } from '../release/controls.ts';
import { type Digest, digestOf } from '../words/digest.ts';
import type { Manifest } from '../release/manifest.ts';
import type { Model } from '../model/model.ts';
import type { Overlay } from './overlay.ts';

/** What an overlay is merged with: a manifest, or an agent.yaml before it is built. */
export interface OverlayBase {
  readonly model: Model;
  readonly controls: Controls;
  /** Names of all functions of the flow. */
  readonly functions: readonly string[];
}

/** What a session runs with, complete: nothing is looked up in base or overlay any more (O1). */
export interface EffectiveConfig {
  readonly model: Model;
  readonly systemPromptAdditions: string;
  /** The functions that may be offered, sorted. */
  readonly functions: readonly string[];
  /** References to secrets, by name. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly businessRules: Readonly<Record<string, string | number | boolean>>;
  readonly branding: NonNullable<Overlay['branding']> | null;
  readonly compliance: NonNullable<Overlay['compliance']>;
  readonly guardrails: Controls['guardrails'];
  readonly budgets: Controls['budgets'];
  readonly limits: Controls['limits'];
}

/** A field of an overlay that this release does not take. */
export interface OverlayProblem {
  readonly field: OverlayField | 'schemaVersion';
  readonly message: string;
}

export type Merge =
  | { readonly kind: 'merged'; readonly config: EffectiveConfig; readonly digest: Digest }
  | { readonly kind: 'refused'; readonly problems: readonly OverlayProblem[] };

/** A release without any customer's changes. */
export const emptyOverlay = ({ controls }: Pick<Manifest, 'controls'>): Overlay => ({
  schemaVersion: controls.overlay.schemaVersion,
});

/**
 * Base and overlay make the configuration of a session: the overlay wins, except on locked fields, which it may not
 * set at all. The digest names the result in every log line.
 */
export const effectiveConfig = (base: OverlayBase, overlay: Overlay): Merge => {
  const problems = overlayProblems(base, overlay);
  if (problems.length > 0) return { kind: 'refused', problems };
  const { controls, functions } = base;
  const allowed = overlay.functionAllowlist;
  const config: EffectiveConfig = {
    model: effectiveModel(base.model, overlay),
    systemPromptAdditions: overlay.systemPromptAdditions ?? '',
    functions: functions.filter((name) => allowed === undefined || allowed.includes(name)).toSorted(),
    credentials: overlay.credentials ?? {},
    businessRules: {
      ...Object.fromEntries(Object.entries(controls.overlay.businessRules).map(([name, rule]) => [name, rule.default])),
      ...overlay.businessRules,
    },
    branding: overlay.branding ?? null,
    compliance: overlay.compliance ?? {},
    guardrails: effectiveGuardrails(controls.guardrails, overlay.guardrails),
    budgets: controls.budgets,
    limits: controls.limits,
  };
  return { kind: 'merged', config, digest: digestOf(canonicalJson(config)) };
};

/** Everything in an overlay that this release does not take, by field (O3); empty when they fit. */
export const overlayProblems = (
  { model, controls, functions }: OverlayBase,
  overlay: Overlay,
): readonly OverlayProblem[] => {
  const problems: OverlayProblem[] = [];
  const problem = (field: OverlayProblem['field'], message: string) =>
    problems.push({ field, message: `${field}: ${message}` });
  const { schemaVersion, locked, businessRules } = controls.overlay;
  if (overlay.schemaVersion > schemaVersion)
    problem('schemaVersion', `is ${overlay.schemaVersion}, but the release knows versions up to ${schemaVersion}`);

  for (const field of overlayFields)
    if (overlay[field] !== undefined && locked.includes(field)) problem(field, 'is locked by the release; remove it');

  for (const name of overlay.functionAllowlist ?? []) {
    if (!functions.includes(name))
      problem('functionAllowlist', `function ${name} does not exist; there is ${functions.join(', ')}`);
  }
  const chosen = overlay.model;
  const models = [model, ...model.allowed];
  if (chosen && !models.some((known) => modelName(known) === modelName(chosen)))
    problem('model', `${modelName(chosen)} is not allowed; the release allows ${models.map(modelName).join(', ')}`);

  for (const [name, value] of Object.entries(overlay.businessRules ?? {})) {
    const rule = Object.hasOwn(businessRules, name) ? businessRules[name] : undefined;
    const why = rule
      ? ruleProblem(rule, value)
      : `is unknown; there is ${Object.keys(businessRules).join(', ') || 'none'}`;
    if (why !== undefined) problem('businessRules', `${name} ${why}`);
  }
  return problems;
};

const modelName = ({ provider, id, snapshot }: { provider: string; id: string; snapshot: string }): string =>
  `${provider}/${id}@${snapshot}`;

const ruleProblem = (rule: BusinessRule, value: string | number | boolean): string | undefined => {
  const type = typeof value === 'string' ? 'text' : typeof value;
  if (type !== rule.type) return `must be a ${rule.type}, not a ${type}`;
  if (rule.type === 'number' && typeof value === 'number') {
    if (rule.minimum !== undefined && value < rule.minimum) return `is ${value}; at least ${rule.minimum} is allowed`;
    if (rule.maximum !== undefined && value > rule.maximum) return `is ${value}; at most ${rule.maximum} is allowed`;
  }
  if (rule.type === 'text' && typeof value === 'string' && rule.oneOf && !rule.oneOf.includes(value))
    return `must be one of ${rule.oneOf.join(', ')}`;

  return undefined;
};

const chosenModel = (model: Model, chosen: Overlay['model']) =>
  chosen === undefined ? {} : (model.allowed.find((known) => modelName(known) === modelName(chosen)) ?? {});

const effectiveModel = (model: Model, overlay: Overlay): Model => ({
  ...model,
  ...chosenModel(model, overlay.model),
  stt: {
    ...model.stt,
    ...(overlay.language !== undefined && { language: overlay.language }),
    vocabulary: [...new Set([...model.stt.vocabulary, ...(overlay.vocabulary ?? [])])],
  },
  tts: {
    ...model.tts,
    ...(overlay.voice !== undefined && { voice: overlay.voice }),
    ...(overlay.speed !== undefined && { speed: overlay.speed }),
  },
  turnDetection: { ...model.turnDetection, ...defined(overlay.turnDetection ?? {}) },
});

const effectiveGuardrails = (base: Controls['guardrails'], added: Overlay['guardrails']): Controls['guardrails'] => ({
  forbiddenPhrases: [...new Set([...base.forbiddenPhrases, ...(added?.forbiddenPhrases ?? [])])],
  escalationPhrases: [...new Set([...base.escalationPhrases, ...(added?.escalationPhrases ?? [])])],
  maxReplyCharacters: Math.min(base.maxReplyCharacters, added?.maxReplyCharacters ?? Infinity),
});

/** Without the keys whose value is undefined, which would hide the base's value. */
const defined = <T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
