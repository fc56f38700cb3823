import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  type ContainerImage,
  CpuArchitecture,
  FargateTaskDefinition,
  type ICluster,
  LogDrivers,
  OperatingSystemFamily,
} from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement, type IRole } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { resourceNames } from '#core/org/resource-names.ts';
import { containerPort } from './network.ts';
import type { TaskSize } from './task-size.ts';

export interface CallTaskProps {
  readonly cluster: ICluster;
  readonly image: ContainerImage;
  /** `edge` or `host`: the container's name and its entry `runtime/<program>/main.ts`. */
  readonly program: 'edge' | 'host';
  readonly family: string;
  readonly size: TaskSize;
  readonly environment: Readonly<Record<string, string>>;
}

/** Most that Fargate grants between SIGTERM and SIGKILL; task protection keeps a task with live calls from getting that far. */
const stopTimeout = Duration.seconds(120);

/** A task that carries calls: it may publish its metrics and protect itself, and nothing more until it is granted. */
export class CallTask extends Construct {
  readonly definition: FargateTaskDefinition;

  constructor(scope: Construct, id: string, props: CallTaskProps) {
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
    this.definition.addContainer(props.program, {
      image: props.image,
      command: ['node', `runtime/${props.program}/main.ts`],
      environment: { ...props.environment },
      portMappings: [{ containerPort }],
      stopTimeout,
      readonlyRootFilesystem: false,
      logging: LogDrivers.awsLogs({
        streamPrefix: props.program,
        logGroup: new LogGroup(this, 'Logs', {
          logGroupName: `/lastgood/${props.program}`,
          retention: RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      }),
    });
    this.allowMetrics();
    this.allowProtection(props.cluster);
  }

  get taskRole(): IRole {
    return this.definition.taskRole;
  }

  private allowMetrics(): void {
    this.definition.addToTaskRolePolicy(
      new PolicyStatement({
        actions: ['cloudwatch:PutMetricData'],
        // PutMetricData has no resource; the namespace is its only bound.
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': resourceNames.metricNamespace } },
      }),
    );
  }

  private allowProtection(cluster: ICluster): void {
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
