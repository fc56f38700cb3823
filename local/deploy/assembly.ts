import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { parseOrThrow } from '#core/parse.ts';

const Manifest = z.object({
  artifacts: z
    .record(
      z.string(),
      z.object({
        type: z.string(),
        environment: z.string().optional(),
        properties: z
          .looseObject({
            templateFile: z.string().optional(),
            stackName: z.string().optional(),
            directoryName: z.string().optional(),
            file: z.string().optional(),
          })
          .optional(),
        dependencies: z.array(z.string()).default([]),
      }),
    )
    .default({}),
});

const AssetManifest = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({
          path: z.string().optional(),
          packaging: z.string().optional(),
          executable: z.array(z.string()).optional(),
        }),
        destinations: z.record(z.string(), z.object({ bucketName: z.string(), objectKey: z.string() })),
      }),
    )
    .default({}),
});

const Resource = z.strictObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.union([z.string().transform((one) => [one]), z.array(z.string())]).default([]),
  Condition: z.string().optional(),
  DeletionPolicy: z.string().default('Delete'),
  UpdateReplacePolicy: z.string().optional(),
  Metadata: z.unknown().optional(),
});

export const Template = z.strictObject({
  AWSTemplateFormatVersion: z.string().optional(),
  Description: z.string().optional(),
  Metadata: z.unknown().optional(),
  Parameters: z.record(z.string(), z.looseObject({ Type: z.string(), Default: z.unknown().optional() })).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  // Rules check the caller's parameters (the bootstrap version); the embedded cloud needs no bootstrap.
  Rules: z.unknown().optional(),
  Resources: z.record(z.string(), Resource),
  Outputs: z
    .record(
      z.string(),
      z.looseObject({
        Value: z.unknown(),
        Export: z.object({ Name: z.unknown() }).optional(),
        Condition: z.string().optional(),
      }),
    )
    .default({}),
});
export type Template = z.infer<typeof Template>;
export type TemplateResource = z.infer<typeof Resource>;

/** Where an asset lies on this machine, by its key in the asset bucket. */
export interface FileAsset {
  readonly path: string;
  readonly packaging: string;
}

/** One stack of a cloud assembly. */
export interface StackArtifact {
  /** Id in the assembly, unique across nested ones. */
  readonly id: string;
  readonly stackName: string;
  readonly account: string;
  readonly region: string;
  readonly template: Template;
  readonly assets: ReadonlyMap<string, FileAsset>;
}

interface Found extends StackArtifact {
  readonly dependencies: readonly string[];
}

const readJson = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new LastgoodError('invalid-input', `${path} cannot be read as JSON; synthesize the CDK app again.`, {
      cause,
    });
  }
};

const readAssets = (folder: string, files: readonly string[]): ReadonlyMap<string, FileAsset> => {
  const assets = new Map<string, FileAsset>();
  for (const file of files) {
    const manifest = parseOrThrow(AssetManifest, readJson(join(folder, file)), join(folder, file));
    for (const { source, destinations } of Object.values(manifest.files)) {
      for (const { objectKey } of Object.values(destinations)) {
        if (source.path !== undefined)
          assets.set(objectKey, { path: join(folder, source.path), packaging: source.packaging ?? 'file' });
      }
    }
  }
  return assets;
};

const environmentOf = (id: string, environment: string | undefined): { account: string; region: string } => {
  const [, account = '', region = ''] = /^aws:\/\/([^/]+)\/(.+)$/.exec(environment ?? '') ?? [];
  if (!/^\d{12}$/.test(account) || region === 'unknown-region' || region === '') {
    throw new LastgoodError(
      'unsupported-resource',
      `stack ${id} has no explicit account and region (${environment ?? 'none'}); set env on the stack`,
    );
  }
  return { account, region };
};

const readFolder = (folder: string, prefix: string): readonly Found[] => {
  const manifest = parseOrThrow(Manifest, readJson(join(folder, 'manifest.json')), join(folder, 'manifest.json'));
  return Object.entries(manifest.artifacts).flatMap(([id, artifact]): readonly Found[] => {
    const properties = artifact.properties ?? {};
    if (artifact.type === 'cdk:cloud-assembly' && properties.directoryName !== undefined)
      return readFolder(join(folder, properties.directoryName), `${prefix}${id}/`);
    if (artifact.type !== 'aws:cloudformation:stack' || properties.templateFile === undefined) return [];
    const manifests = artifact.dependencies.flatMap((dependency) => {
      const other = manifest.artifacts[dependency];
      return other?.type === 'cdk:asset-manifest' && other.properties?.file !== undefined
        ? [other.properties.file]
        : [];
    });
    const path = join(folder, properties.templateFile);
    return [
      {
        id: prefix + id,
        stackName: properties.stackName ?? id,
        ...environmentOf(id, artifact.environment),
        template: parseOrThrow(Template, readJson(path), path, 'unsupported-resource'),
        assets: readAssets(folder, manifests),
        dependencies: artifact.dependencies.map((dependency) => prefix + dependency),
      },
    ];
  });
};

/**
 * Reads a synthesized cloud assembly with its nested stages. Stacks come in the order in which they can be deployed.
 * @throws LastgoodError `invalid-input` for a damaged assembly, `unsupported-resource` for a template section we do not know
 */
export const readAssembly = (folder: string): readonly StackArtifact[] => {
  const found = readFolder(folder, '');
  const ordered: Found[] = [];
  const visit = (stack: Found, path: readonly string[]): void => {
    if (ordered.includes(stack)) return;
    if (path.includes(stack.id))
      throw new LastgoodError('invalid-input', `stacks depend on each other in a circle: ${path.join(' -> ')}`);
    for (const dependency of found.filter(({ id }) => stack.dependencies.includes(id)))
      visit(dependency, [...path, stack.id]);
    ordered.push(stack);
  };
  for (const stack of found) visit(stack, []);
  return ordered;
};
