import { type CloudContext, type PerScope, perScope, statePath } from '../context.ts';
import { type Scope, scopeKey } from '../http/scope.ts';
import type { Services } from '../services.ts';
import { type Document, openDocument } from '../storage/document.ts';
import { type StackArtifact, readAssembly } from './assembly.ts';
import { deployStack } from './deploy-stack.ts';
import { StacksDocument } from './stack-state.ts';

export interface DeployProgress {
  readonly stackName: string;
  readonly account: string;
  readonly region: string;
  readonly logicalId: string;
  /** Resources finished so far, and all resources of the assembly. */
  readonly done: number;
  readonly total: number;
}

export interface DeployOptions {
  readonly progress?: (progress: DeployProgress) => void;
}

export interface DeployedStack {
  readonly stackName: string;
  readonly account: string;
  readonly region: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Deploys cloud assemblies; one at a time. With a data folder the state of stacks outlives the cloud. */
export class Deployer {
  readonly #services: Services;
  readonly #stacks: PerScope<Document<StacksDocument>>;
  readonly #live = new Set<string>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(context: CloudContext, services: Services) {
    this.#services = services;
    this.#stacks = perScope((scope) => openDocument(statePath(context, scope, 'stacks.json'), StacksDocument, {}));
  }

  /**
   * Creates or updates every stack of an assembly, then starts what an earlier cloud left running in its accounts.
   * @throws LastgoodError `unsupported-resource` naming stack and resource
   */
  deploy(assemblyFolder: string, options: DeployOptions = {}): Promise<readonly DeployedStack[]> {
    const run = this.#queue.then(() => this.#deployNow(assemblyFolder, options));
    this.#queue = run.catch(() => undefined);
    return run;
  }

  async #deployNow(assemblyFolder: string, { progress }: DeployOptions): Promise<readonly DeployedStack[]> {
    const stacks = readAssembly(assemblyFolder);
    const total = stacks.reduce((sum, { template }) => sum + Object.keys(template.Resources).length, 0);
    let done = 0;
    const deployed: DeployedStack[] = [];
    for (const stack of stacks) {
      const outputs = await this.#deployOne(stack, (logicalId) => {
        done += 1;
        progress?.({
          stackName: stack.stackName,
          account: stack.account,
          region: stack.region,
          logicalId,
          done,
          total,
        });
      });
      deployed.push({ stackName: stack.stackName, account: stack.account, region: stack.region, outputs });
    }
    for (const scope of scopesOf(stacks)) {
      this.#services.ecs.resume(scope);
      this.#services.states.resume(scope);
    }
    return deployed;
  }

  async #deployOne(
    stack: StackArtifact,
    onResource: (logicalId: string) => void,
  ): Promise<Readonly<Record<string, string>>> {
    const document = this.#stacks.get({ account: stack.account, region: stack.region });
    try {
      const state = await deployStack({
        stack,
        services: this.#services,
        stacks: document.value,
        live: this.#live,
        onResource,
      });
      return state.outputs;
    } finally {
      await document.save();
    }
  }
}

const scopesOf = (stacks: readonly StackArtifact[]): readonly Scope[] => [
  ...new Map(stacks.map(({ account, region }) => [scopeKey({ account, region }), { account, region }])).values(),
];
