import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  type ContainerDefinition,
  type ContainerImage,
  CpuArchitecture,
  FargateTaskDefinition,
  type ICluster,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import { type IPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { EdgeEnvironment } from '#runtime/edge/environment.ts';
import { HostEnvironment } from '#runtime/host/environment.ts';
import {
  type Consumer,
  GrantedEnvironment,
  type GrantedVariable,
  type TaskEnvironments,
  type TaskProgram,
  type TaskVariable,
} from './consumer.ts';
import { allowMetrics } from './metrics.ts';
import { containerPort } from './network.ts';
import type { TaskSize } from './task-size.ts';

/** What a task is told beside the resources that it is granted. Its cluster is the one it runs in, so no grant gives that. */
export type TaskSettings<Program extends TaskProgram> = Omit<
  TaskEnvironments[Program],
  Exclude<GrantedVariable, 'CLUSTER'>
>;

export interface CallTaskProps<Program extends TaskProgram> {
  readonly cluster: ICluster;
  readonly image: ContainerImage;
  /** `edge` or `host`: the container's name and its entry `runtime/<program>/main.ts`. */
  readonly program: Program;
  readonly family: string;
  readonly size: TaskSize;
  readonly settings: TaskSettings<Program>;
}

/** Most that Fargate grants between SIGTERM and SIGKILL; task protection keeps a task with live calls from getting that far. */
const stopTimeout = Duration.seconds(120);

const schemas = { edge: EdgeEnvironment, host: HostEnvironment };

/**
 * A task that carries calls: it may publish its metrics and protect itself, and nothing more until it is granted. As with
 * functions, a missing setting does not compile, and a missing grant fails synth.
 */
export class CallTask<Program extends TaskProgram> extends Construct implements Consumer<TaskVariable<Program>> {
  readonly definition: FargateTaskDefinition;
  readonly #container: ContainerDefinition;
  readonly #granted: GrantedEnvironment;

  constructor(scope: Construct, id: string, props: CallTaskProps<Program>) {
    super(scope, id);
    this.definition = new FargateTaskDefinition(this, 'Definition', {
      family: props.family,
      cpu: props.size.cpu,
      memoryLimitMiB: props.size.memoryLimitMiB,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    this.#container = this.#addContainer(props);
    this.#granted = new GrantedEnvironment(`task ${props.program}`, {
      declared: Object.keys(schemas[props.program].shape),
      settings: Object.keys(props.settings),
    });
    this.node.addValidation({ validate: () => this.#granted.missing() });
    allowMetrics(this);
    this.#allowProtection(props.cluster);
  }

  get grantPrincipal(): IPrincipal {
    return this.definition.taskRole.grantPrincipal;
  }

  addEnvironment(name: TaskVariable<Program>, value: string): void {
    this.#granted.add(name, value);
    this.#container.addEnvironment(name, value);
  }

  #addContainer({ program, image, settings }: CallTaskProps<Program>): ContainerDefinition {
    return this.definition.addContainer(program, {
      image,
      command: ['node', `runtime/${program}/main.ts`],
      environment: Object.fromEntries<string>(Object.entries(settings)),
      portMappings: [{ containerPort }],
      stopTimeout,
      readonlyRootFilesystem: false,
      logging: LogDrivers.awsLogs({
        streamPrefix: program,
        logGroup: new LogGroup(this, 'Logs', {
          logGroupName: `/lastgood/${program}`,
          retention: RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      }),
    });
  }

  #allowProtection(cluster: ICluster): void {
    this.definition.addToTaskRolePolicy(
      new PolicyStatement({
        actions: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
        resources: [
          Stack.of(this).formatArn({ service: 'ecs', resource: 'task', resourceName: `${cluster.clusterName}/*` }),
        ],
      }),
    );
  }
}
