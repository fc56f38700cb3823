import { Cluster, ContainerInsights, type ICluster } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { resourceNames } from '#core/org/resource-names.ts';
import { CallTask } from '../constructs/call-task.ts';
import { EdgeLoadBalancer, EdgeService, listenerPort } from '../constructs/edge-service.ts';
import type { CallPlane } from '../constructs/org-resources.ts';
import { Network, containerPort } from '../constructs/network.ts';
import { RuntimeImage } from '../constructs/runtime-image.ts';
import { hostTaskSize } from '../constructs/task-size.ts';
import { OrgStack, type OrgStackProps } from './org-stack.ts';
import type { StatefulStack } from './stateful-stack.ts';

export interface DataPlaneStackProps extends OrgStackProps {
  readonly stateful: StatefulStack;
}

/**
 * What carries calls: network, cluster, edge, and the base task definition that every pool's own is made from. Pools
 * are not here: the control plane creates and deletes them, so a deploy in the middle of a canary moves no call.
 */
export class DataPlaneStack extends OrgStack implements CallPlane {
  readonly network: Network;
  readonly cluster: ICluster;
  readonly hostTask: CallTask<'host'>;
  readonly #image: RuntimeImage;

  constructor(scope: Construct, id: string, props: DataPlaneStackProps) {
    super(scope, id, { org: props.org, description: 'Lastgood: network, cluster and edge of an org' });
    this.network = new Network(this, 'Network', { listenerPort: listenerPort(props.org) });
    this.cluster = new Cluster(this, 'Cluster', {
      clusterName: resourceNames.cluster,
      vpc: this.network.vpc,
      containerInsightsV2: ContainerInsights.DISABLED,
    }) as ICluster;
    this.#image = new RuntimeImage(this, 'Image');
    this.#createEdge(props.stateful);
    this.hostTask = this.#createHostTask(props.stateful);
  }

  #createEdge(stateful: StatefulStack): void {
    const { org, network, cluster } = this;
    const door = new EdgeLoadBalancer(this, 'Door', { org, network });
    const task = new CallTask(this, 'EdgeTask', {
      cluster,
      image: this.#image.image,
      program: 'edge',
      family: resourceNames.edgeService,
      size: { cpu: 512, memoryLimitMiB: 1024 },
      settings: {
        ORG: org.name,
        PORT: String(containerPort),
        PUBLIC_URL: door.publicUrl,
        SERVICES: JSON.stringify(
          org.services.map(({ name, customerCallsPerMinute }) => ({ name, customerCallsPerMinute })),
        ),
        MAX_PENDING_SESSIONS: String(org.edge.maxPendingSessions),
        MAX_WAIT_MS: String(org.edge.maxWaitMs),
      },
    });
    stateful.tables.registry.grantRead(task);
    stateful.tables.sessions.grantReadWrite(task);
    stateful.tables.hosts.grantReadWrite(task);
    stateful.tables.hosts.grantDelete(task);
    stateful.sessionKey.grantRead(task);
    stateful.telephony.grantRead(task);
    new EdgeService(this, 'Edge', { org, cluster, network, taskDefinition: task.definition, targets: door.targets });
  }

  #createHostTask(stateful: StatefulStack): CallTask<'host'> {
    const { org } = this;
    const task = new CallTask(this, 'HostTask', {
      cluster: this.cluster,
      image: this.#image.image,
      program: 'host',
      family: resourceNames.hostTaskFamily,
      size: hostTaskSize(org.pool.maxProcesses),
      settings: {
        ORG: org.name,
        PORT: String(containerPort),
        CLUSTER: resourceNames.cluster,
        WARM_PROCESSES: String(org.pool.warmProcesses),
        MAX_PROCESSES: String(org.pool.maxProcesses),
        MAX_SESSION_SECONDS: String(org.pool.maxSessionSeconds),
      },
    });
    stateful.tables.registry.grantRead(task);
    stateful.tables.tenancy.grantRead(task);
    stateful.tables.sessions.grantReadWrite(task);
    stateful.tables.hosts.grantReadWrite(task);
    stateful.tables.hosts.grantDelete(task);
    stateful.artifacts.grantReadWrite(task);
    stateful.sessionKey.grantRead(task);
    return task;
  }
}
