import { z } from 'zod';
import { Model } from '../model/model.ts';
import { SessionChannel } from '../words/channel.ts';
import { ServiceName } from '../words/names.ts';
import { Tier } from '../words/tier.ts';
import { Controls } from './controls.ts';
import { ImageRef } from './manifest.ts';
import { refuseLatest, VersionLabel } from './version-label.ts';

/**
 * `agent.yaml`: what a person writes about an agent. The files beside it (flow, prompts, tools, knowledge) are found
 * by their place in the folder, so nothing here repeats them. Unknown keys are errors.
 */
export const AgentConfig = z
  .strictObject({
    service: ServiceName,
    version: VersionLabel,
    /** How callers reach the agent; the tier says which of them it may serve. */
    channels: z
      .array(SessionChannel)
      .min(1, 'an agent answers on at least one channel')
      .max(SessionChannel.options.length)
      .refine((channels) => new Set(channels).size === channels.length, 'each channel stands once'),
    tier: Tier,
    /** A team's own image, by digest. @default - the runtime base */
    image: ImageRef.optional(),
    model: Model,
    ...Controls.unwrap().shape,
  })
  .superRefine(refuseLatest)
  .readonly();
export type AgentConfig = z.infer<typeof AgentConfig>;
