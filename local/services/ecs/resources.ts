import { z } from 'zod';
import { parseOrThrow } from '#core/parse.ts';
import { CreateService } from './inputs.ts';
import { TaskDefinitionInput } from './task-definition.ts';
import { count, generatedName, resourceType, withoutEffect } from '../../deploy/resource-type.ts';

const Cluster = z.strictObject({
  ClusterName: z.string().optional(),
  ...withoutEffect(
    'ClusterSettings',
    'Configuration',
    'CapacityProviders',
    'DefaultCapacityProviderStrategy',
    'ServiceConnectDefaults',
    'Tags',
  ),
});

const Anything = z.record(z.string(), z.unknown());

/** Members whose keys are names of the user, not of the API. */
const verbatim = new Set(['options', 'dockerLabels']);

/** CloudFormation writes `ContainerDefinitions`, the API `containerDefinitions`. */
const lowerKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(lowerKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => {
      const key = name.charAt(0).toLowerCase() + name.slice(1);
      return [key, verbatim.has(key) ? child : lowerKeys(child)];
    }),
  );
};

const Service = z.strictObject({
  ServiceName: z.string().optional(),
  Cluster: z.string(),
  TaskDefinition: z.string(),
  DesiredCount: count.default(1),
  LoadBalancers: z
    .array(z.strictObject({ ContainerName: z.string(), ContainerPort: count, TargetGroupArn: z.string() }))
    .default([]),
  SchedulingStrategy: z.literal('REPLICA').optional(),
  ...withoutEffect(
    'AvailabilityZoneRebalancing',
    'CapacityProviderStrategy',
    'DeploymentConfiguration',
    'DeploymentController',
    'EnableECSManagedTags',
    'EnableExecuteCommand',
    'HealthCheckGracePeriodSeconds',
    'LaunchType',
    'NetworkConfiguration',
    'PlatformVersion',
    'PropagateTags',
    'Tags',
  ),
});

export const ecsTypes = [
  resourceType({
    type: 'AWS::ECS::Cluster',
    schema: Cluster,
    apply: async (context, properties) => {
      const name = properties.ClusterName ?? generatedName(context);
      await context.services.ecs.ensureCluster(context.scope, name);
      return {
        ref: name,
        attributes: { Arn: `arn:aws:ecs:${context.scope.region}:${context.scope.account}:cluster/${name}` },
      };
    },
  }),
  resourceType({
    type: 'AWS::ECS::TaskDefinition',
    schema: Anything,
    apply: async (context, properties) => {
      const input = parseOrThrow(
        TaskDefinitionInput,
        { family: generatedName(context), ...(lowerKeys(properties) as object) },
        'the task definition',
        'unsupported-resource',
      );
      const { previous, unchanged, services, scope } = context;
      if (previous && unchanged && services.ecs.hasTaskDefinition(scope, previous.ref)) return previous;
      const { arn } = await services.ecs.registerTaskDefinition(scope, input);
      return { ref: arn, attributes: { TaskDefinitionArn: arn } };
    },
    remove: ({ services, scope }, { ref }) => services.ecs.deregisterTaskDefinition(scope, ref),
  }),
  resourceType({
    type: 'AWS::ECS::Service',
    schema: Service,
    apply: async (context, properties) => {
      const { services, scope, unchanged } = context;
      const name = properties.ServiceName ?? generatedName(context);
      const cluster = properties.Cluster.slice(properties.Cluster.lastIndexOf('/') + 1);
      const wanted = { cluster, taskDefinition: properties.TaskDefinition, desiredCount: properties.DesiredCount };
      if (!services.ecs.hasService(scope, cluster, name)) {
        const loadBalancers = properties.LoadBalancers.map((one) => ({
          targetGroupArn: one.TargetGroupArn,
          containerName: one.ContainerName,
          containerPort: one.ContainerPort,
        }));
        await services.ecs.createService(
          scope,
          parseOrThrow(
            CreateService,
            { ...wanted, serviceName: name, loadBalancers },
            'the service',
            'unsupported-resource',
          ),
        );
      } else if (!unchanged)
        await services.ecs.updateService(scope, { ...wanted, service: name, forceNewDeployment: false });
      const serviceArn = `arn:aws:ecs:${scope.region}:${scope.account}:service/${cluster}/${name}`;
      return { ref: serviceArn, attributes: { Name: name, ServiceArn: serviceArn, Cluster: cluster } };
    },
    remove: async ({ services, scope }, { attributes }) => {
      await services.ecs.deleteService(scope, {
        cluster: String(attributes['Cluster']),
        service: String(attributes['Name']),
        force: true,
      });
    },
  }),
];
