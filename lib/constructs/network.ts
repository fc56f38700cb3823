import { Validations } from 'aws-cdk-lib';
import {
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  type IVpc,
  IpAddresses,
  Peer,
  Port,
  SecurityGroup,
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

/** What tasks and the probe reach over the network; everything else has no route. */
const interfaceEndpoints = {
  EcrApi: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  Metrics: InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
  Secrets: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  Sts: InterfaceVpcEndpointAwsService.STS,
} as const;

/** Port of every container. */
export const containerPort = 8080;

/**
 * The network of an org: tasks live in isolated subnets without NAT or internet route (T4). Only the load balancer
 * has public subnets, because phones and browsers come from outside.
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly taskSubnets: SubnetSelection = { subnetGroupName: 'calls' };
  readonly ingressSubnets: SubnetSelection = { subnetGroupName: 'ingress' };
  readonly loadBalancerSecurityGroup: SecurityGroup;
  readonly edgeSecurityGroup: SecurityGroup;
  readonly hostSecurityGroup: SecurityGroup;
  readonly probeSecurityGroup: SecurityGroup;

  constructor(scope: Construct, id: string, props: { readonly listenerPort: number }) {
    super(scope, id);
    // aws-cdk-lib is compiled without exactOptionalPropertyTypes, so its classes need a hint to be their own interfaces.
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr('10.40.0.0/16'),
      maxAzs: 2,
      natGateways: 0,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'ingress', subnetType: SubnetType.PUBLIC, cidrMask: 26, mapPublicIpOnLaunch: false },
        { name: 'calls', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 20 },
      ],
    }) as IVpc;
    Validations.of(this.vpc).acknowledge({
      id: 'CloudFormation-Validate::W3010',
      reason: 'zones are written down per region, so that synth asks no account and two synths are the same',
    });
    this.loadBalancerSecurityGroup = this.#securityGroup('LoadBalancer', 'Load balancer of the edge');
    this.edgeSecurityGroup = this.#securityGroup('Edge', 'Edge tasks');
    this.hostSecurityGroup = this.#securityGroup('Host', 'Host tasks of every pool');
    this.probeSecurityGroup = this.#securityGroup('Probe', 'Function that places synthetic calls');
    this.#allowCalls(props.listenerPort);
    this.#addEndpoints();
  }

  #securityGroup(id: string, description: string): SecurityGroup {
    return new SecurityGroup(this, id, { vpc: this.vpc, description, allowAllOutbound: false });
  }

  #allowCalls(listenerPort: number): void {
    const port = Port.tcp(containerPort);
    this.loadBalancerSecurityGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(listenerPort), 'callers');
    this.loadBalancerSecurityGroup.connections.allowTo(this.edgeSecurityGroup, port, 'calls');
    this.edgeSecurityGroup.connections.allowTo(this.hostSecurityGroup, port, 'calls');
    this.probeSecurityGroup.connections.allowTo(this.hostSecurityGroup, port, 'synthetic calls');
  }

  #addEndpoints(): void {
    const endpoints = this.#securityGroup('Endpoints', 'Endpoints of AWS services');
    for (const client of [this.edgeSecurityGroup, this.hostSecurityGroup, this.probeSecurityGroup]) {
      // Gateway endpoints have public addresses, so the rule cannot name a group; the route table has no other way out.
      client.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'endpoints of AWS services');
      endpoints.addIngressRule(client, Port.tcp(443), 'tasks and the probe');
    }
    this.vpc.addGatewayEndpoint('DynamoDb', {
      service: GatewayVpcEndpointAwsService.DYNAMODB,
      subnets: [this.taskSubnets],
    });
    this.vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3, subnets: [this.taskSubnets] });
    for (const [id, service] of Object.entries(interfaceEndpoints)) {
      this.vpc.addInterfaceEndpoint(id, {
        service,
        subnets: this.taskSubnets,
        securityGroups: [endpoints],
        open: false,
        privateDnsEnabled: true,
      });
    }
  }
}
