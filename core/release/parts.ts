import type { Digest } from '../words/digest.ts';
import type { Manifest } from './manifest.ts';

/** The five parts of a release (R1). */
export const partNames = ['code', 'model', 'prompts', 'tools', 'data'] as const;
export type PartName = (typeof partNames)[number];

/** One stored object of a release. */
export interface PartRef {
  readonly digest: Digest;
  readonly part: PartName;
  /** For people and errors: `bundle`, `flow.yaml`, `prompts/greeting.md`. */
  readonly what: string;
  readonly mediaType: string;
}

/**
 * Every stored object that a release names: what a host fetches and verifies before it reports ready (R3).
 * The model part has no bytes of its own; it stands in the manifest.
 */
export const partsOf = (manifest: Manifest): readonly PartRef[] => [
  { digest: manifest.code.bundle, part: 'code', what: 'bundle', mediaType: 'application/x-tar' },
  { digest: manifest.prompts.flow, part: 'prompts', what: 'flow.yaml', mediaType: 'application/yaml' },
  ...Object.entries(manifest.prompts.files).map(([what, digest]): PartRef => ({
    digest,
    part: 'prompts',
    what,
    mediaType: 'text/plain; charset=utf-8',
  })),
  { digest: manifest.tools.manifest, part: 'tools', what: 'tools.json', mediaType: 'application/json' },
  { digest: manifest.data.index, part: 'data', what: 'index.json', mediaType: 'application/json' },
];
