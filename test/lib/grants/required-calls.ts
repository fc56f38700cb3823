import type { GrantedVariable, HandlerVariable, TaskProgram, TaskVariable } from '#lib/constructs/consumer.ts';
import type { HandlerName } from '#lambdas/entrance/environment.ts';
import { isPartOf, nameOf, resourcesNamedBy } from './grant-findings.ts';
import type { NamedResource, Program, ResolvedOrg } from './resolved-org.ts';

/** Variables that name what a role is allowed; the others of a pool's hosts go into a call as they are. */
type Named = Exclude<GrantedVariable, 'SUBNETS' | 'SECURITY_GROUP' | 'POOL_HOSTS'>;

type Use =
  | 'read'
  | 'write'
  | 'delete'
  | 'scan-open'
  | 'follow'
  | 'publish'
  | 'start'
  | 'create-pools'
  | 'delete-pools'
  | 'protect';

/**
 * What each function's adapters do with each resource that its environment names. A new function, and a new variable, do
 * not compile until they are here.
 */
export const functionUses: {
  readonly [Name in HandlerName]: { readonly [Variable in HandlerVariable<Name> & Named]: readonly Use[] };
} = {
  validate: {
    REGISTRY_TABLE: ['read', 'write'],
    SESSIONS_TABLE: ['read'],
    TENANCY_TABLE: ['read'],
    HOSTS_TABLE: ['read'],
    ARTIFACT_BUCKET: ['read'],
  },
  'check-evidence': { REGISTRY_TABLE: ['read'] },
  'prepare-pool': { HOSTS_TABLE: ['read'], CLUSTER: ['create-pools'] },
  'probe-pool': { HOSTS_TABLE: ['read'], SESSION_KEY_SECRET: ['read'] },
  replay: { REGISTRY_TABLE: ['read'] },
  'start-canary': { REGISTRY_TABLE: ['read', 'write'], HOSTS_TABLE: ['read'] },
  analyze: { REGISTRY_TABLE: ['read', 'write'], SESSIONS_TABLE: ['read'] },
  promote: { REGISTRY_TABLE: ['read', 'write'] },
  'retire-old': { REGISTRY_TABLE: ['read'], CLUSTER: ['delete-pools'] },
  abort: { REGISTRY_TABLE: ['read', 'write'] },
  notify: { REGISTRY_TABLE: ['read', 'write'], ARTIFACT_BUCKET: ['read'], PAGES_TOPIC_ARN: ['publish'] },
  'continue-promotion': { PROMOTION_STATE_MACHINE: ['start'] },
  'weigh-outcome': {
    REGISTRY_TABLE: ['read', 'write'],
    SESSIONS_TABLE: ['read', 'follow'],
    PAGES_TOPIC_ARN: ['publish'],
  },
  'roll-back': { REGISTRY_TABLE: ['read', 'write'], SESSIONS_TABLE: ['read'] },
  'carry-out': {
    REGISTRY_TABLE: ['read', 'write', 'follow'],
    ARTIFACT_BUCKET: ['read'],
    PAGES_TOPIC_ARN: ['publish'],
  },
  'execution-ended': { REGISTRY_TABLE: ['read', 'write'], ARTIFACT_BUCKET: ['read'], PAGES_TOPIC_ARN: ['publish'] },
  'prove-warmth': { REGISTRY_TABLE: ['read'], HOSTS_TABLE: ['read'], SESSION_KEY_SECRET: ['read'] },
  'sweep-sessions': { SESSIONS_TABLE: ['read', 'write', 'scan-open'], HOSTS_TABLE: ['read'] },
};

export const taskUses: {
  readonly [Of in TaskProgram]: { readonly [Variable in TaskVariable<Of> & Named]: readonly Use[] };
} = {
  edge: {
    REGISTRY_TABLE: ['read'],
    SESSIONS_TABLE: ['read', 'write'],
    HOSTS_TABLE: ['read', 'write', 'delete'],
    SESSION_KEY_SECRET: ['read'],
    TELEPHONY_SECRET: ['read'],
  },
  host: {
    REGISTRY_TABLE: ['read'],
    TENANCY_TABLE: ['read'],
    SESSIONS_TABLE: ['read', 'write'],
    HOSTS_TABLE: ['read', 'write', 'delete'],
    ARTIFACT_BUCKET: ['read', 'write'],
    SESSION_KEY_SECRET: ['read'],
    CLUSTER: ['protect'],
  },
};

/** Uses by the names that programs have in findings. */
export const allUses: ReadonlyMap<string, Readonly<Record<string, readonly Use[]>>> = new Map([
  ...Object.entries(functionUses).map(([name, uses]) => [`function ${name}`, uses] as const),
  ...Object.entries(taskUses).map(([name, uses]) => [`task ${name}`, uses] as const),
]);

interface Calls {
  readonly actions: readonly string[];
  /** Where in the resource. @default - its own ARN */
  readonly at?: (resource: NamedResource) => string;
  /** @default - always */
  readonly when?: (resource: NamedResource) => boolean;
}

const under =
  (path: string) =>
  ({ arn }: NamedResource): string =>
    `${arn}${path}`;
const inCluster =
  (kind: 'service' | 'task', path: string) =>
  ({ arn, name }: NamedResource): string =>
    arn.replace(`:cluster/${name}`, `:${kind}/${name}/${path}`);

const decrypt = ['kms:Decrypt'];
const encrypt = ['kms:Encrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'];

/** The API calls of each use, and what its key must allow where the resource is encrypted by one of the customer's. */
const callsOf: Readonly<
  Record<string, Partial<Record<Use, { readonly calls: readonly Calls[]; readonly key?: readonly string[] }>>>
> = {
  'AWS::DynamoDB::GlobalTable': {
    read: {
      calls: [
        { actions: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'] },
        { actions: ['dynamodb:Query'], at: under('/index/*'), when: ({ hasIndexes }) => hasIndexes },
      ],
      key: [...decrypt, 'kms:DescribeKey'],
    },
    write: { calls: [{ actions: ['dynamodb:PutItem', 'dynamodb:UpdateItem'] }], key: encrypt },
    delete: { calls: [{ actions: ['dynamodb:DeleteItem'] }], key: encrypt },
    'scan-open': { calls: [{ actions: ['dynamodb:Scan'], at: under('/index/openByHost') }], key: decrypt },
    follow: {
      calls: [
        {
          actions: [
            'dynamodb:DescribeStream',
            'dynamodb:GetRecords',
            'dynamodb:GetShardIterator',
            'dynamodb:ListStreams',
          ],
          at: under('/stream/latest'),
        },
      ],
      key: decrypt,
    },
  },
  'AWS::S3::Bucket': {
    read: {
      calls: [{ actions: ['s3:GetObject'], at: under('/sha256/*') }, { actions: ['s3:ListBucket'] }],
      key: decrypt,
    },
    write: { calls: [{ actions: ['s3:PutObject'], at: under('/sha256/*') }], key: encrypt },
  },
  'AWS::SecretsManager::Secret': { read: { calls: [{ actions: ['secretsmanager:GetSecretValue'] }], key: decrypt } },
  'AWS::SNS::Topic': {
    publish: { calls: [{ actions: ['sns:Publish'] }], key: [...decrypt, 'kms:GenerateDataKey*'] },
  },
  'AWS::StepFunctions::StateMachine': { start: { calls: [{ actions: ['states:StartExecution'] }] } },
  'AWS::ECS::Cluster': {
    'create-pools': {
      calls: [
        {
          actions: ['ecs:CreateService', 'ecs:UpdateService', 'ecs:DescribeServices', 'ecs:TagResource'],
          at: inCluster('service', 'pool-*'),
        },
      ],
    },
    'delete-pools': {
      calls: [
        {
          actions: ['ecs:UpdateService', 'ecs:DeleteService', 'ecs:DescribeServices'],
          at: inCluster('service', 'pool-*'),
        },
      ],
    },
    protect: {
      calls: [{ actions: ['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'], at: inCluster('task', '*') }],
    },
  },
};

/**
 * Both ways between the calls of each program's adapters and what its role allows on the resources that it names. Actions
 * and ARNs are compared as they stand: a role with `s3:Get*` allows what no adapter calls, and not what one does call.
 * @returns one line for each call that would be refused, and for each permission that no call needs
 */
export const callFindings = (org: ResolvedOrg): readonly string[] =>
  org.programs.flatMap((program) => {
    const needed = neededBy(program, org);
    const allowed = allowedOn(program, org);
    const missing = [...needed].filter((call) => !allowed.has(call));
    const unused = [...allowed].filter((call) => !needed.has(call));
    return [
      ...missing.map((call) => `${program.name}: calls ${call}, which its role does not allow`),
      ...unused.map((call) => `${program.name}: its role allows ${call}, which it never calls`),
    ];
  });

const neededBy = (program: Program, org: ResolvedOrg): ReadonlySet<string> => {
  const uses = allUses.get(program.name);
  if (uses === undefined) throw new Error(`${program.name} is not in the table of uses`);
  return new Set(
    resourcesNamedBy(program, org).flatMap(({ variable, resource }) =>
      (uses[variable] ?? []).flatMap((use) => callsFor(use, resource)),
    ),
  );
};

const callsFor = (use: Use, resource: NamedResource): readonly string[] => {
  const known = callsOf[resource.type]?.[use];
  if (known === undefined) throw new Error(`${nameOf(resource)} has no use "${use}"`);
  const { key } = resource;
  return [
    ...known.calls
      .filter(({ when }) => when === undefined || when(resource))
      .flatMap(({ actions, at }) => actions.map((action) => `${action} on ${at ? at(resource) : resource.arn}`)),
    ...(key === undefined ? [] : (known.key ?? []).map((action) => `${action} on ${key}`)),
  ];
};

/** On the resources that a program names and on their keys; everything else is for the exceptions. */
const allowedOn = (program: Program, org: ResolvedOrg): ReadonlySet<string> => {
  const named = resourcesNamedBy(program, org).map(({ resource }) => resource);
  return new Set(
    program.allowed
      .filter(({ resource }) => named.some((one) => isPartOf(resource, one) || resource === one.key))
      .map(({ action, resource }) => `${action} on ${resource}`),
  );
};
