import { Duration } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { FargateService, type FargateTaskDefinition, type ICluster } from 'aws-cdk-lib/aws-ecs';
import {
  NetworkLoadBalancer,
  NetworkTargetGroup,
  Protocol,
  SslPolicy,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { Org } from '#core/org/org.ts';
import { resourceNames } from '#core/org/resource-names.ts';
import { type Network, containerPort } from './network.ts';

/** Port of the public listener: TLS when the org brings a certificate. */
export const listenerPort = (org: Org): number => (org.edge.certificateArn === undefined ? 80 : 443);

export interface EdgeLoadBalancerProps {
  readonly org: Org;
  readonly network: Network;
}

/** The only door of an org. It passes TCP on, so a call is one connection from the caller to an edge task. */
export class EdgeLoadBalancer extends Construct {
  readonly targets: NetworkTargetGroup;
  /** `ws://` or `wss://` as callers and signed webhooks use it, without a path. */
  readonly publicUrl: string;

  constructor(scope: Construct, id: string, { org, network }: EdgeLoadBalancerProps) {
    super(scope, id);
    const loadBalancer = new NetworkLoadBalancer(this, 'LoadBalancer', {
      vpc: network.vpc,
      vpcSubnets: network.ingressSubnets,
      internetFacing: true,
      crossZoneEnabled: true,
      securityGroups: [network.loadBalancerSecurityGroup],
    });
    this.targets = new NetworkTargetGroup(this, 'Targets', {
      vpc: network.vpc,
      port: containerPort,
      protocol: Protocol.TCP,
      targetType: TargetType.IP,
      // A leaving edge keeps its calls: the target drains for the longest time allowed and connections are not cut after it.
      deregistrationDelay: Duration.hours(1),
      connectionTermination: false,
      healthCheck: {
        protocol: Protocol.HTTP,
        path: '/healthz',
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    });
    const { certificateArn } = org.edge;
    loadBalancer.addListener('Calls', {
      port: listenerPort(org),
      defaultTargetGroups: [this.targets],
      // A quiet call is not an idle one: 6000 s is the longest that a load balancer allows.
      tcpIdleTimeout: Duration.seconds(6000),
      ...(certificateArn === undefined
        ? { protocol: Protocol.TCP }
        : {
            protocol: Protocol.TLS,
            sslPolicy: SslPolicy.RECOMMENDED_TLS,
            certificates: [Certificate.fromCertificateArn(this, 'Certificate', certificateArn)],
          }),
    });
    const scheme = certificateArn === undefined ? 'ws' : 'wss';
    this.publicUrl = `${scheme}://${org.edge.domain ?? loadBalancer.loadBalancerDnsName}`;
  }
}

export interface EdgeServiceProps {
  readonly org: Org;
  readonly cluster: ICluster;
  readonly network: Network;
  readonly taskDefinition: FargateTaskDefinition;
  readonly targets: NetworkTargetGroup;
}

/** The edge tasks behind the load balancer. A deploy starts new ones before old ones drain. */
export class EdgeService extends Construct {
  constructor(scope: Construct, id: string, props: EdgeServiceProps) {
    super(scope, id);
    const service = new FargateService(this, 'Service', {
      serviceName: resourceNames.edgeService,
      cluster: props.cluster,
      taskDefinition: props.taskDefinition,
      desiredCount: props.org.edge.desiredCount,
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
      assignPublicIp: false,
      vpcSubnets: props.network.taskSubnets,
      securityGroups: [props.network.edgeSecurityGroup],
      healthCheckGracePeriod: Duration.seconds(30),
      enableExecuteCommand: false,
    });
    props.targets.addTarget(service.loadBalancerTarget({ containerName: 'edge', containerPort }));
  }
}
