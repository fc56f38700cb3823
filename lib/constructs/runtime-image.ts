import { IgnoreMode } from 'aws-cdk-lib';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { projectRoot } from '../project-root.ts';

/** Folders and files of the image, and nothing else: the rest of the project must not change its digest. */
const contents = ['core', 'aws', 'runtime', 'package.json', 'package-lock.json', '.npmrc'];

/**
 * The image of edge and host. Synth only fingerprints its files; `cdk deploy` builds it, so synth needs no Docker.
 */
export class RuntimeImage extends Construct {
  readonly image: ContainerImage;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const asset = new DockerImageAsset(this, 'Asset', {
      directory: projectRoot,
      file: 'runtime/Dockerfile',
      platform: Platform.LINUX_ARM64,
      ignoreMode: IgnoreMode.DOCKER,
      exclude: ['*', ...contents.map((path) => `!${path}`)],
    });
    this.image = ContainerImage.fromDockerImageAsset(asset);
  }
}
