import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Org } from '#core/org/org.ts';
import { serviceSettings } from '../service-settings.ts';
import { CanaryAlarms } from './canary-alarms.ts';
import { HandlerFunction, type HandlerFunctionProps, type HandlerSettings } from './handler-function.ts';
import type { CallPlane, OrgData } from './org-resources.ts';
import { PoolAdministration } from './pool-administration.ts';
import type { PromotionWorkflowProps, WorkflowStep } from './promotion-workflow.ts';

export interface WorkflowFunctionsProps {
  readonly org: Org;
  readonly stateful: OrgData;
  readonly dataPlane: CallPlane;
}

/** The step functions of a promotion, each with the permissions of its step only. */
export class WorkflowFunctions extends Construct {
  readonly functions: PromotionWorkflowProps['functions'];
  readonly #props: WorkflowFunctionsProps;
  readonly #pools: PoolAdministration;

  constructor(scope: Construct, id: string, props: WorkflowFunctionsProps) {
    super(scope, id);
    this.#props = props;
    const { org, dataPlane } = props;
    this.#pools = new PoolAdministration(this, 'Pools', {
      org,
      network: dataPlane.network,
      hostTask: dataPlane.hostTask.definition,
    });
    this.functions = {
      validate: this.#validate(),
      'check-evidence': this.#checkEvidence(),
      'prepare-pool': this.#preparePool(),
      'probe-pool': this.#probePool(),
      replay: this.#replay(),
      'start-canary': this.#startCanary(),
      analyze: this.#analyze(),
      // The workflow itself lets it start the next execution.
      'continue-promotion': this.#step('continue-promotion', this.#base),
      promote: this.#promote(),
      'retire-old': this.#retireOld(),
      abort: this.#abort(),
      notify: this.#notify(),
    };
  }

  get #base(): { readonly ORG: string } {
    return { ORG: this.#props.org.name };
  }

  #step<Name extends WorkflowStep>(
    handler: Name,
    settings: HandlerSettings<Name>,
    options: Pick<HandlerFunctionProps<Name>, 'timeout' | 'memoryMiB' | 'network'> = {},
  ): HandlerFunction<Name> {
    return new HandlerFunction(this, idOf(handler), { handler, settings, ...options });
  }

  #validate(): HandlerFunction<'validate'> {
    const { org, stateful } = this.#props;
    const { tables, artifacts } = stateful;
    const settings = {
      ...this.#base,
      SERVICES: serviceSettings(org),
      STAGE: org.stage,
      MAX_PROCESSES: String(org.pool.maxProcesses),
    };
    const step = this.#step('validate', settings, { timeout: Duration.seconds(60), memoryMiB: 1024 });
    tables.registry.grantReadWrite(step);
    tables.sessions.grantRead(step);
    tables.tenancy.grantRead(step);
    tables.hosts.grantRead(step);
    artifacts.grantRead(step);
    return step;
  }

  #checkEvidence(): HandlerFunction<'check-evidence'> {
    const step = this.#step('check-evidence', this.#base);
    this.#props.stateful.tables.registry.grantRead(step);
    return step;
  }

  #preparePool(): HandlerFunction<'prepare-pool'> {
    const step = this.#step('prepare-pool', this.#base, { timeout: Duration.seconds(60) });
    this.#pools.grantCreate(step);
    this.#props.stateful.tables.hosts.grantRead(step);
    return step;
  }

  /** Inside the VPC: hosts are reachable from nowhere else. */
  #probePool(): HandlerFunction<'probe-pool'> {
    const { stateful, dataPlane } = this.#props;
    const { vpc, taskSubnets: subnets, probeSecurityGroup: securityGroup } = dataPlane.network;
    const step = this.#step('probe-pool', this.#base, {
      timeout: Duration.seconds(60),
      network: { vpc, subnets, securityGroup },
    });
    stateful.sessionKey.grantRead(step);
    stateful.tables.hosts.grantRead(step);
    return step;
  }

  #replay(): HandlerFunction<'replay'> {
    const step = this.#step('replay', this.#base);
    this.#props.stateful.tables.registry.grantRead(step);
    return step;
  }

  #startCanary(): HandlerFunction<'start-canary'> {
    const { tables } = this.#props.stateful;
    const step = this.#step('start-canary', this.#base);
    tables.registry.grantReadWrite(step);
    tables.hosts.grantRead(step);
    CanaryAlarms.grantDescribe(step);
    return step;
  }

  #analyze(): HandlerFunction<'analyze'> {
    const { org, stateful } = this.#props;
    const settings = { ...this.#base, SERVICES: serviceSettings(org) };
    const step = this.#step('analyze', settings, { timeout: Duration.seconds(60), memoryMiB: 1024 });
    stateful.tables.registry.grantReadWrite(step);
    stateful.tables.sessions.grantRead(step);
    return step;
  }

  #promote(): HandlerFunction<'promote'> {
    const step = this.#step('promote', this.#base);
    this.#props.stateful.tables.registry.grantReadWrite(step);
    return step;
  }

  #retireOld(): HandlerFunction<'retire-old'> {
    const step = this.#step('retire-old', this.#base, { timeout: Duration.seconds(60) });
    this.#pools.grantDelete(step);
    this.#props.stateful.tables.registry.grantRead(step);
    return step;
  }

  #abort(): HandlerFunction<'abort'> {
    const step = this.#step('abort', this.#base);
    this.#props.stateful.tables.registry.grantReadWrite(step);
    return step;
  }

  #notify(): HandlerFunction<'notify'> {
    const { tables, artifacts, pages } = this.#props.stateful;
    const step = this.#step('notify', this.#base);
    tables.registry.grantReadWrite(step);
    artifacts.grantRead(step);
    pages.grantPublish(step);
    return step;
  }
}

/** `check-evidence` → `CheckEvidence`: construct ids follow the names of the files. */
const idOf = (name: string): string =>
  name
    .split('-')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join('');
