import { z } from 'zod';
import { Model } from '../model/model.ts';
import { AgentPath, ToolName } from '../words/agent-names.ts';
import { SessionChannel } from '../words/channel.ts';
import { Digest } from '../words/digest.ts';
import { ServiceName } from '../words/names.ts';
import { Tier } from '../words/tier.ts';
import { Controls } from './controls.ts';
import { refuseLatest, VersionLabel } from './version-label.ts';

/** A container image by digest, never by tag alone (R2). */
export const ImageRef = z
  .string()
  .max(512)
  .regex(/^[a-z0-9][A-Za-z0-9._:/-]*@sha256:[0-9a-f]{64}$/, 'an image is named by digest: repository@sha256:<64 hex>');

/** `calendar:read`: a capability that a tool needs; checked by code at run time, never by a prompt. */
export const Permission = z
  .string()
  .regex(/^[a-z][a-z0-9-]*(:[a-z][a-z0-9-]*)+$/, 'a permission is written resource:action, for instance calendar:read');

/** `name@version` of what made a derived file: the same builder gives the same bytes. */
export const Builder = z.string().regex(/^[a-z][a-z0-9-]*@\d+\.\d+\.\d+$/, 'a builder is written name@1.2.3');

/**
 * A release: five parts and the controls, all by exact name. Its id is the SHA-256 of its canonical JSON (R1).
 * Bytes are stored by the digests that stand here; evidence about the release is not part of it.
 */
export const Manifest = z
  .strictObject({
    schema: z.literal('lastgood.release/1'),
    service: ServiceName,
    version: VersionLabel,
    channels: z.array(SessionChannel).min(1).max(SessionChannel.options.length),
    tier: Tier,
    code: z
      .strictObject({
        /** A team's own image instead of the runtime base. @default - the runtime base */
        image: ImageRef.optional(),
        /** Reproducible tar: the bundled module `index.mjs` and the sources it was made of. */
        bundle: Digest,
        builder: Builder,
      })
      .readonly(),
    model: Model,
    prompts: z
      .strictObject({
        files: z.record(AgentPath, Digest),
        /** `flow.yaml` byte for byte; read it with `parseFlow`. */
        flow: Digest,
      })
      .readonly(),
    tools: z
      .strictObject({
        /** Canonical JSON of `ToolManifest`: names, descriptions, parameter schemas. */
        manifest: Digest,
        permissions: z.record(ToolName, z.array(Permission).max(50).readonly()),
      })
      .readonly(),
    data: z
      .strictObject({
        /** Canonical JSON of the knowledge index. */
        index: Digest,
        builder: Builder,
      })
      .readonly(),
    controls: Controls,
  })
  .superRefine(refuseLatest)
  .readonly();
export type Manifest = z.infer<typeof Manifest>;
