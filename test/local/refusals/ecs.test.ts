import { scope } from '../test-context.ts';
import { refusalTable } from './refusal-table.ts';

const container = {
  name: 'host',
  image: 'host',
  command: ['node'],
  portMappings: [{ containerPort: 8_080 }],
  environment: [{ name: 'A', value: 'b' }],
};
const containers = (change: object) => ({ containerDefinitions: [{ ...container, ...change }] });
const subnets = { awsvpcConfiguration: { subnets: ['subnet-1'], assignPublicIp: 'DISABLED' } };
const loadBalancer = { targetGroupArn: 'arn', containerName: 'host', containerPort: 8_080 };
const ofService = 'InvalidParameterException';
const ofDefinition = 'ClientException';
const noSuchCluster = [{ cluster: 'none' }, 'ClusterNotFoundException', /Cluster not found/] as const;
const paging = [
  [{ maxResults: 0 }, ofService, /maxResults/],
  [{ maxResults: 101 }, ofService, /maxResults/],
  [{ nextToken: 'odd' }, ofService, /no token/],
] as const;

refusalTable('ECS', {
  operations: (services) => services.ecs.api.operations,
  invalid: {
    ...Object.fromEntries(
      [
        'CreateCluster', 'CreateService', 'UpdateService', 'DeleteService', 'DescribeServices', 'ListServices',
        'ListTaskDefinitions', 'RunTask', 'StopTask', 'DescribeTasks', 'ListTasks', 'UpdateTaskProtection',
        'GetTaskProtection',
      ].map((name) => [name, ofService]), // prettier-ignore
    ),
    RegisterTaskDefinition: ofDefinition,
    DescribeTaskDefinition: ofDefinition,
    DeregisterTaskDefinition: ofDefinition,
  },
  prepare: async ({ ecs: { api } }) => {
    const call = (name: string, input: object) => api.operations[name]?.(scope, input);
    await call('CreateCluster', { clusterName: 'default' });
    await call('RegisterTaskDefinition', { family: 'host', containerDefinitions: [container] });
    await call('RegisterTaskDefinition', { family: 'gone', containerDefinitions: [container] });
    await call('DeregisterTaskDefinition', { taskDefinition: 'gone:1' });
    await call('CreateService', { serviceName: 'taken', taskDefinition: 'host', clientToken: 'one' });
    await call('CreateService', { serviceName: 'idle', taskDefinition: 'host' });
    await call('CreateService', { serviceName: 'deleted', taskDefinition: 'host' });
    await call('DeleteService', { service: 'deleted' });
  },
  refused: {
    CreateCluster: {
      valid: { clusterName: 'default' },
      wrongType: { clusterName: 1 },
      rows: [
        [{ clusterName: 'with space' }, ofService, /clusterName/],
        [{ capacityProviders: ['x'] }, ofService, /capacityProviders/],
        [{ settings: [{ name: 'other', value: 'x' }] }, ofService, /settings/],
        [{ tags: [{ Key: 'a', Value: 'b' }] }, ofService, /tags/],
      ],
    },
    RegisterTaskDefinition: {
      valid: { family: 'host', containerDefinitions: [container], requiresCompatibilities: ['FARGATE'], cpu: '256' },
      wrongType: { cpu: 256 },
      rows: [
        [{ family: 'with space' }, ofDefinition, /family/],
        [{ containerDefinitions: [] }, ofDefinition, /exactly one container/],
        [{ containerDefinitions: [container, container] }, ofDefinition, /exactly one container/],
        [containers({ essential: false }), ofDefinition, /essential/],
        [containers({ healthCheck: { command: ['true'] } }), ofDefinition, /healthCheck/],
        [containers({ stopTimeout: 121 }), ofDefinition, /stopTimeout/],
        [containers({ secrets: [{ name: 'a', valueFrom: 'b' }] }), ofDefinition, /secrets of containers/],
        [containers({ privileged: true }), ofDefinition, /privileged/],
        [containers({ portMappings: [{ containerPort: 70_000 }] }), ofDefinition, /containerPort/],
        [containers({ ulimits: [{ name: 'nofile' }] }), ofDefinition, /ulimits/],
        [containers({ dependsOn: [] }), ofDefinition, /dependsOn/],
        [{ volumes: [{ name: 'x' }] }, ofDefinition, /volumes/],
        [{ networkMode: 'odd' }, ofDefinition, /networkMode/],
        [{ ephemeralStorage: { sizeInGiB: 500 } }, ofDefinition, /sizeInGiB/],
        [{ runtimePlatform: { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE' } }, ofDefinition, /operatingSystem/],
        [{ proxyConfiguration: {} }, ofDefinition, /proxyConfiguration/],
      ],
    },
    CreateService: {
      valid: { serviceName: 'pool', taskDefinition: 'host', desiredCount: 0, launchType: 'FARGATE' },
      wrongType: { desiredCount: '0' },
      rows: [
        noSuchCluster,
        [{ serviceName: 'with space' }, ofService, /serviceName/],
        [{ serviceName: 'taken' }, ofService, /not idempotent/],
        [{ serviceName: 'taken', clientToken: 'two' }, ofService, /not idempotent/],
        [{ taskDefinition: 'none' }, ofDefinition, /does not exist/],
        [{ taskDefinition: 'gone:1' }, ofDefinition, /inactive/],
        [{ desiredCount: -1 }, ofService, /desiredCount/],
        [{ launchType: 'EC2' }, ofService, /Fargate/],
        [{ capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }] }, ofService, /both a launch type/],
        [{ schedulingStrategy: 'DAEMON' }, ofService, /schedulingStrategy/],
        [{ deploymentConfiguration: { maximumPercent: 150 } }, ofService, /maximumPercent/],
        [
          { deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } } },
          ofService,
          /CircuitBreaker/,
        ],
        [{ deploymentController: { type: 'CODE_DEPLOY' } }, ofService, /deploymentController/],
        [{ networkConfiguration: { awsvpcConfiguration: { subnets: [] } } }, ofService, /subnets/],
        [{ networkConfiguration: { ...subnets, other: 1 } }, ofService, /other/],
        [{ enableExecuteCommand: true }, ofService, /enableExecuteCommand/],
        [{ loadBalancers: [{ ...loadBalancer, containerName: 'edge' }] }, ofService, /container edge/],
        [{ loadBalancers: [{ ...loadBalancer, containerPort: 80 }] }, ofService, /container port 80/],
        [{ placementStrategy: [] }, ofService, /placementStrategy/],
        [{ serviceRegistries: [] }, ofService, /serviceRegistries/],
      ],
    },
    UpdateService: {
      valid: { service: 'idle', desiredCount: 0 },
      wrongType: { forceNewDeployment: 'yes' },
      rows: [
        noSuchCluster,
        [{ service: 'none' }, 'ServiceNotFoundException', /not found/],
        [{ service: 'deleted' }, 'ServiceNotActiveException', /not ACTIVE/],
        [{ taskDefinition: 'gone:1' }, ofDefinition, /inactive/],
        [{ desiredCount: 1.5 }, 'SerializationException', /desiredCount/],
        [{ deploymentConfiguration: { minimumHealthyPercent: 50 } }, ofService, /minimumHealthyPercent/],
        [{ loadBalancers: [] }, ofService, /loadBalancers/],
      ],
    },
    DeleteService: {
      valid: { service: 'idle' },
      wrongType: { force: 'yes' },
      rows: [
        [{ service: 'none' }, 'ServiceNotFoundException', /not found/],
        [{ service: '' }, ofService, /service/],
      ],
    },
    DescribeServices: {
      valid: { services: ['pool'], include: ['TAGS'] },
      wrongType: { services: 'pool' },
      rows: [
        [{ services: [] }, ofService, /services/],
        [{ services: Array.from({ length: 11 }, () => 'x') }, ofService, /services/],
        [{ include: ['EVENTS'] }, ofService, /include/],
        noSuchCluster,
      ],
    },
    ListServices: {
      valid: { maxResults: 100 },
      wrongType: { maxResults: '100' },
      rows: [...paging, noSuchCluster, [{ launchType: 'EXTERNAL' }, ofService, /launchType/]],
    },
    DescribeTaskDefinition: {
      valid: { taskDefinition: 'host', include: ['TAGS'] },
      wrongType: { taskDefinition: 1 },
      rows: [
        [{ taskDefinition: 'none' }, ofDefinition, /does not exist/],
        [{ include: ['ALL'] }, ofDefinition, /include/],
      ],
    },
    DeregisterTaskDefinition: {
      valid: { taskDefinition: 'host:99' },
      wrongType: { taskDefinition: 1 },
      rows: [
        [{ taskDefinition: 'host' }, ofDefinition, /revision/],
        [{ taskDefinition: 'host:99' }, ofDefinition, /does not exist/],
      ],
    },
    ListTaskDefinitions: {
      valid: {},
      wrongType: { familyPrefix: 1 },
      rows: [...paging, [{ status: 'DELETE_IN_PROGRESS' }, ofService, /status/], [{ sort: 'UP' }, ofService, /sort/]],
    },
    RunTask: {
      valid: { taskDefinition: 'host:99', clientToken: '0c1f3d1e-5f7c-4b51-8d55-0a3a4a0d7d3c' },
      wrongType: { count: '1' },
      rows: [
        noSuchCluster,
        [{ taskDefinition: 'none' }, ofDefinition, /does not exist/],
        [{ taskDefinition: 'gone:1' }, ofDefinition, /inactive/],
        [{ count: 11 }, ofService, /count/],
        [{ group: 'service:pool' }, ofService, /group/],
        [{ launchType: 'EC2' }, ofService, /launchType/],
        [{ overrides: { cpu: '512' } }, ofService, /cpu/],
        [
          { taskDefinition: 'host:1', overrides: { containerOverrides: [{ name: 'edge' }] } },
          ofService,
          /container named edge/,
        ],
        [{ placementConstraints: [] }, ofService, /placementConstraints/],
      ],
    },
    StopTask: {
      valid: { task: 'a' },
      wrongType: { reason: 1 },
      rows: [
        [{ task: 'none' }, ofService, /not found/],
        [{ reason: 'x'.repeat(1_025) }, ofService, /reason/],
      ],
    },
    DescribeTasks: {
      valid: { tasks: ['a'] },
      wrongType: { tasks: 'a' },
      rows: [
        [{ tasks: [] }, ofService, /tasks/],
        [{ tasks: Array.from({ length: 101 }, () => 'x') }, ofService, /tasks/],
      ],
    },
    ListTasks: {
      valid: { serviceName: 'taken' },
      wrongType: { family: 1 },
      rows: [
        ...paging,
        [{ desiredStatus: 'DEAD' }, ofService, /desiredStatus/],
        [{ serviceName: 'none' }, 'ServiceNotFoundException', /not found/],
        [{ containerInstance: 'x' }, ofService, /containerInstance/],
      ],
    },
    UpdateTaskProtection: {
      valid: { tasks: ['a'], protectionEnabled: true },
      wrongType: { protectionEnabled: 'true' },
      rows: [
        [{ tasks: [] }, ofService, /tasks/],
        [{ expiresInMinutes: 0 }, ofService, /expiresInMinutes/],
        [{ expiresInMinutes: 2_881 }, ofService, /expiresInMinutes/],
      ],
    },
    GetTaskProtection: {
      valid: { tasks: ['a'] },
      wrongType: { tasks: 'a' },
      rows: [[{ tasks: Array.from({ length: 101 }, () => 'x') }, ofService, /tasks/], noSuchCluster],
    },
  },
});
