import { z } from 'zod';
import { arn, count, flag, generatedName, resourceType, stableId, withoutEffect } from '../../deploy/resource-type.ts';

const LoadBalancer = z.strictObject({
  Name: z.string().optional(),
  Type: z.literal('network', 'the embedded cloud has network load balancers only'),
  ...withoutEffect(
    'EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic',
    'IpAddressType',
    'LoadBalancerAttributes',
    'Scheme',
    'SecurityGroups',
    'SubnetMappings',
    'Subnets',
    'Tags',
  ),
});

const TargetGroup = z.strictObject({
  Name: z.string().optional(),
  Protocol: z.enum(['TCP', 'TLS'], 'the embedded cloud passes TCP on'),
  TargetType: z.literal('ip', 'targets are tasks with an address of their own'),
  HealthCheckEnabled: flag.optional(),
  HealthCheckProtocol: z.enum(['TCP', 'HTTP']).default('TCP'),
  HealthCheckPath: z.string().default('/'),
  HealthCheckIntervalSeconds: count.default(30),
  HealthCheckTimeoutSeconds: count.default(10),
  UnhealthyThresholdCount: count.default(2),
  // A target of this machine counts as healthy after one good check; connections are never cut on deregistration.
  ...withoutEffect(
    'HealthyThresholdCount',
    'HealthCheckPort',
    'Matcher',
    'Port',
    'Tags',
    'TargetGroupAttributes',
    'VpcId',
    'IpAddressType',
  ),
});

const Listener = z.strictObject({
  LoadBalancerArn: z.string(),
  DefaultActions: z.array(z.strictObject({ Type: z.literal('forward'), TargetGroupArn: z.string() })).length(1),
  // TLS ends at the load balancer on AWS; the loopback interface needs none.
  Protocol: z.enum(['TCP', 'TLS']),
  ...withoutEffect('AlpnPolicy', 'Certificates', 'ListenerAttributes', 'Port', 'SslPolicy', 'Tags'),
});

const arnName = (name: string): string => name.slice(0, 32);

export const elbv2Types = [
  resourceType({
    type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
    schema: LoadBalancer,
    apply: async (context, properties) => {
      const name = arnName(properties.Name ?? generatedName(context, 32));
      const loadBalancerArn = arn(context, 'elasticloadbalancing', `loadbalancer/net/${name}/${stableId(context)}`);
      const address = await context.services.loadBalancers.address(context.scope, loadBalancerArn);
      return {
        ref: loadBalancerArn,
        attributes: {
          LoadBalancerArn: loadBalancerArn,
          LoadBalancerName: name,
          DNSName: address,
          LoadBalancerFullName: `net/${name}/${stableId(context)}`,
          CanonicalHostedZoneID: 'ZEMBEDDED',
        },
      };
    },
    remove: ({ services }, { ref }) => services.loadBalancers.remove(ref),
  }),
  resourceType({
    type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
    schema: TargetGroup,
    apply: (context, properties) => {
      const name = arnName(properties.Name ?? generatedName(context, 32));
      const targetGroupArn = arn(context, 'elasticloadbalancing', `targetgroup/${name}/${stableId(context)}`);
      context.services.loadBalancers.putTargetGroup(targetGroupArn, {
        protocol: properties.HealthCheckProtocol,
        path: properties.HealthCheckPath,
        intervalMs: properties.HealthCheckIntervalSeconds * 1_000,
        timeoutMs: properties.HealthCheckTimeoutSeconds * 1_000,
        unhealthyThreshold: properties.UnhealthyThresholdCount,
      });
      return {
        ref: targetGroupArn,
        attributes: {
          TargetGroupArn: targetGroupArn,
          TargetGroupName: name,
          TargetGroupFullName: `targetgroup/${name}/${stableId(context)}`,
        },
      };
    },
    remove: ({ services }, { ref }) => services.loadBalancers.targets.remove(ref),
  }),
  resourceType({
    type: 'AWS::ElasticLoadBalancingV2::Listener',
    schema: Listener,
    apply: async (context, properties) => {
      const [action] = properties.DefaultActions;
      await context.services.loadBalancers.putListener(
        context.scope,
        properties.LoadBalancerArn,
        context.logicalId,
        action?.TargetGroupArn ?? '',
      );
      const listenerArn = `${properties.LoadBalancerArn.replace(':loadbalancer/', ':listener/')}/${stableId(context)}`;
      return {
        ref: listenerArn,
        attributes: { ListenerArn: listenerArn, LoadBalancerArn: properties.LoadBalancerArn },
      };
    },
    remove: ({ services }, { attributes }) => services.loadBalancers.remove(String(attributes['LoadBalancerArn'])),
  }),
];
