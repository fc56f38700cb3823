import { LastgoodError } from '../errors.ts';
import { parseOrThrow } from '../parse.ts';
import { type BundleFile, unpackBundle } from './bundle.ts';
import { type Digest, digestOf } from '../words/digest.ts';
import type { Manifest } from './manifest.ts';
import { partsOf } from './parts.ts';
import { decodeText } from './text.ts';
import { ToolManifest } from './tool.ts';

/** Gives the stored bytes of a digest; `aws/artifact-store.ts` in an org, a map in tests and builds. */
export type ReadPart = (digest: Digest) => Promise<Uint8Array>;

/** A release with everything it names, verified. */
export interface ReleaseContent {
  readonly manifest: Manifest;
  /** `index.mjs` and the sources it was made of. */
  readonly bundle: readonly BundleFile[];
  /** By path: `prompts/greeting.md`. */
  readonly prompts: Readonly<Record<string, string>>;
  /** `flow.yaml` as it is; read it with `parseFlow`. */
  readonly flow: string;
  readonly tools: ToolManifest;
  /** JSON of the knowledge index; open it with `openIndex`. */
  readonly index: string;
}

/**
 * Reads every part of a release and compares each with the digest that names it (R3): one changed byte refuses the release.
 * @throws LastgoodError `digest-mismatch`, or what `read` throws
 */
export const loadRelease = async (manifest: Manifest, read: ReadPart): Promise<ReleaseContent> => {
  const verified = new Map<Digest, Uint8Array>();
  for (const { digest, what } of partsOf(manifest)) {
    if (verified.has(digest)) continue;
    const bytes = await read(digest);
    const actual = digestOf(bytes);
    if (actual !== digest) {
      throw new LastgoodError(
        'digest-mismatch',
        `${what} of ${manifest.service} ${manifest.version} should be ${digest} but its stored bytes are ${actual}; ` +
          'the release takes no calls. Publish it again from its sources, and find out who changed the store.',
        { details: { what, expected: digest, actual } },
      );
    }
    verified.set(digest, bytes);
  }
  const bytesOf = (digest: Digest): Uint8Array => {
    const bytes = verified.get(digest);
    if (!bytes) throw new LastgoodError('internal', `part ${digest} is not among the parts of its manifest`);
    return bytes;
  };
  const { code, prompts, tools, data } = manifest;
  return {
    manifest,
    bundle: await unpackBundle(bytesOf(code.bundle)),
    prompts: Object.fromEntries(
      Object.entries(prompts.files).map(([path, digest]) => [path, decodeText(bytesOf(digest), path)]),
    ),
    flow: decodeText(bytesOf(prompts.flow), 'flow.yaml'),
    tools: parseOrThrow(ToolManifest, JSON.parse(decodeText(bytesOf(tools.manifest), 'tools.json')), 'tools.json'),
    index: decodeText(bytesOf(data.index), 'index.json'),
  };
};
