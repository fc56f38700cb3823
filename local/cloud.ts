import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from './clock.ts';
import type { CloudContext, CloudLog } from './context.ts';
import { type DeployOptions, type DeployedStack, Deployer } from './deploy/deployer.ts';
import { startServer } from './http/server.ts';
import { startProcesses } from './processes/processes.ts';
import { createServices } from './services/registry.ts';
import type { Services } from './services/services.ts';

export interface CloudOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Folder that keeps the state across restarts. @default - a temporary folder, removed on close */
  readonly dataDir?: string;
  /** Working directory of tasks, as WORKDIR of their image. */
  readonly projectRoot: string;
  /** @default - the machine's clock */
  readonly clock?: Clock;
  /** Lines of lambdas, tasks and the cloud itself. @default - dropped */
  readonly log?: CloudLog;
}

/** A running embedded cloud: the AWS APIs that Lastgood uses, on one port of this machine. */
export interface Cloud {
  /** `http://127.0.0.1:<port>`, the value for AWS_ENDPOINT_URL. */
  readonly endpoint: string;
  readonly services: Services;
  /**
   * Deploys a synthesized cloud assembly (the folder with manifest.json), or updates what an earlier deploy made of it.
   * Functions run from the assembly's folder, so it must stay for as long as the cloud.
   * @throws LastgoodError `unsupported-resource` naming stack and logical id
   */
  deploy(assemblyFolder: string, options?: DeployOptions): Promise<readonly DeployedStack[]>;
  /** Child processes alive now: lambdas, tasks. */
  processes(): readonly { readonly pid: number; readonly name: string }[];
  /** Stops tasks and lambdas in order, bounded, and leaves no process behind. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts the embedded cloud.
 * @throws LastgoodError `port-in-use`; `invalid-input` when the data folder is in use or damaged
 */
export const startCloud = async (options: CloudOptions): Promise<Cloud> => {
  const clock = options.clock ?? systemClock;
  const folder =
    options.dataDir === undefined ? mkdtempSync(join(tmpdir(), 'lastgood-cloud-')) : resolve(options.dataDir);
  mkdirSync(folder, { recursive: true });
  let port = 0;
  const processes = startProcesses(clock);
  const context: CloudContext = {
    clock,
    log: options.log ?? (() => undefined),
    endpoint: () => `http://127.0.0.1:${port}`,
    projectRoot: options.projectRoot,
    folder,
    durable: options.dataDir !== undefined,
    processes,
  };
  const services = createServices(context);
  const deployer = new Deployer(context, services);
  const release = async (): Promise<void> => {
    await services.close();
    await processes.close();
    if (!context.durable) await rm(folder, { recursive: true, force: true });
  };
  let server;
  try {
    server = await startServer(options.port, services.apis);
  } catch (error) {
    await release();
    throw error;
  }
  port = server.port;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await release();
    await server.close();
  };
  return {
    endpoint: context.endpoint(),
    services,
    deploy: (assemblyFolder, deployOptions) => deployer.deploy(assemblyFolder, deployOptions),
    processes: () => processes.list(),
    close: () => (closing ??= close()),
  };
};
