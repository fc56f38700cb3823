import { LastgoodError } from '../errors.ts';
import type { Flow } from '../flow/flow.ts';
import { findModel, type ModelKind, voiceModels } from '../model/known-models.ts';
import { type Model, type ReasoningDepth, reasoningDepths } from '../model/model.ts';
import type { SessionChannel } from '../words/channel.ts';
import type { Tier } from '../words/tier.ts';

/** What the channel rules look at. */
export interface ChannelSubject {
  readonly tier: Tier;
  readonly channels: readonly SessionChannel[];
  readonly flow: Flow;
  readonly model: Model;
}

/** A rule that an agent breaks, as a value. */
export interface ChannelViolation {
  readonly rule: ChannelRuleId;
  /** "flow has 12 states; voice allows 5" */
  readonly message: string;
  /** The states, functions, models or channels that break it. */
  readonly offending: readonly string[];
}

/** What a tier allows (C2). Missing means no limit of its own. */
interface TierLimits {
  readonly maxFlowStates?: number;
  readonly dynamicBehaviors: boolean;
  readonly voiceModelsOnly: boolean;
  readonly maxReasoningDepth: ReasoningDepth;
}

export const tierLimits = {
  voice: { maxFlowStates: 5, dynamicBehaviors: false, voiceModelsOnly: true, maxReasoningDepth: 'low' },
  text: { dynamicBehaviors: true, voiceModelsOnly: false, maxReasoningDepth: 'high' },
  async: { dynamicBehaviors: true, voiceModelsOnly: false, maxReasoningDepth: 'maximum' },
} as const satisfies Record<Tier, TierLimits>;

/** The tiers that can serve a channel: nobody waits minutes on a phone (C1). */
export const channelTiers = {
  phone: ['voice'],
  webrtc: ['voice'],
  'web-chat': ['voice', 'text'],
  sms: ['voice', 'text', 'async'],
  whatsapp: ['voice', 'text', 'async'],
  email: ['text', 'async'],
  api: ['voice', 'text', 'async'],
} as const satisfies Record<SessionChannel, readonly Tier[]>;

export type ChannelRuleId =
  'channel-fits-tier' | 'flow-states' | 'no-dynamic-behaviors' | 'voice-optimised-models' | 'reasoning-depth';

type Finding = Omit<ChannelViolation, 'rule'>;

const channelFitsTier = ({ tier, channels }: ChannelSubject): readonly Finding[] =>
  channels
    .filter((channel) => !channelTiers[channel].some((allowed) => allowed === tier))
    .map((channel) => ({
      message: `channel ${channel} cannot be served by tier ${tier}; it needs ${channelTiers[channel].join(' or ')}`,
      offending: [channel],
    }));

const flowStates = ({ tier, flow }: ChannelSubject): readonly Finding[] => {
  const { maxFlowStates }: TierLimits = tierLimits[tier];
  const states = Object.keys(flow.nodes);
  if (maxFlowStates === undefined || states.length <= maxFlowStates) return [];
  return [
    {
      message:
        `flow has ${states.length} states; ${tier} allows ${maxFlowStates} ` +
        `(states: ${states.join(', ')}; remove or merge ${states.length - maxFlowStates})`,
      offending: states.slice(maxFlowStates),
    },
  ];
};

const noDynamicBehaviors = ({ tier, flow }: ChannelSubject): readonly Finding[] => {
  if (tierLimits[tier].dynamicBehaviors) return [];
  const inNodes = Object.entries(flow.nodes).flatMap(([state, node]) => node.functions.map((fn) => ({ state, fn })));
  const everywhere = flow.global_functions.map((fn) => ({ state: 'every state', fn }));
  return [...inNodes, ...everywhere]
    .filter(({ fn }) => fn.dynamic_next)
    .map(({ state, fn }) => ({
      message:
        `function ${fn.name} of ${state} chooses its next state at run time (dynamic_next); ` +
        `${tier} allows no dynamic behaviors; use transitions`,
      offending: [state, fn.name],
    }));
};

const voiceOptimisedModels = ({ tier, model }: ChannelSubject): readonly Finding[] => {
  if (!tierLimits[tier].voiceModelsOnly) return [];
  const used: readonly { field: string; kind: ModelKind; provider: string; id: string }[] = [
    { field: 'model', kind: 'llm', ...model },
    ...model.allowed.map((allowed, index) => ({ field: `model.allowed[${index}]`, kind: 'llm' as const, ...allowed })),
    { field: 'model.stt', kind: 'stt', ...model.stt },
    { field: 'model.tts', kind: 'tts', ...model.tts },
  ];
  return used.flatMap(({ field, kind, provider, id }) => {
    const known = findModel(kind, provider, id);
    if (known?.voice) return [];
    const why = known ? 'is not voice-optimised' : 'is not known as voice-optimised';
    const message = `${field} ${provider}/${id} ${why}; ${tier} allows ${voiceModels(kind).join(', ')}`;
    return [{ message, offending: [`${provider}/${id}`] }];
  });
};

const reasoningDepth = ({ tier, model }: ChannelSubject): readonly Finding[] => {
  const most = tierLimits[tier].maxReasoningDepth;
  if (reasoningDepths.indexOf(model.reasoningDepth) <= reasoningDepths.indexOf(most)) return [];
  return [
    {
      message: `model.reasoningDepth is ${model.reasoningDepth}; ${tier} allows at most ${most}`,
      offending: [`${model.provider}/${model.id}`],
    },
  ];
};

/** The channel rules, in the order in which they are told. */
export const channelRules = {
  'channel-fits-tier': channelFitsTier,
  'flow-states': flowStates,
  'no-dynamic-behaviors': noDynamicBehaviors,
  'voice-optimised-models': voiceOptimisedModels,
  'reasoning-depth': reasoningDepth,
} as const satisfies Record<ChannelRuleId, (subject: ChannelSubject) => readonly Finding[]>;

/** Every rule of its channels and tier that an agent breaks (C1-C3). */
export const channelViolations = (subject: ChannelSubject): readonly ChannelViolation[] =>
  (Object.keys(channelRules) as ChannelRuleId[]).flatMap((rule) =>
    channelRules[rule](subject).map((finding) => ({ rule, ...finding })),
  );

/** @throws LastgoodError `channel-rule` with every violation, rule by rule */
export const requireChannelRules = (subject: ChannelSubject): void => {
  const violations = channelViolations(subject);
  if (violations.length === 0) return;
  throw new LastgoodError(
    'channel-rule',
    `the agent breaks the rules of its channels:\n  ${violations.map(({ rule, message }) => `${rule}: ${message}`).join('\n  ')}`,
    { details: { violations } },
  );
};
