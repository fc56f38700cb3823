/** A template as CloudFormation gets it, as far as grants are concerned. */
export interface CfnTemplate {
  readonly Resources: Readonly<Record<string, CfnResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: string } }>>;
}

export interface CfnResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** A resource that a role is allowed by its ARN, and a variable names by its name or its ARN. */
export interface NamedResource {
  readonly type: string;
  readonly name: string;
  readonly arn: string;
  /** ARNs that begin with one of these are the resource or a part of it. */
  readonly prefixes: readonly string[];
  /** ARN of the customer's key that encrypts it. */
  readonly key?: string;
  readonly hasIndexes: boolean;
}

export interface Allowed {
  readonly action: string;
  readonly resource: string;
  readonly condition?: unknown;
}

/** A function or a task with what it is told and what its role allows. */
export interface Program {
  /** `function validate`, `task edge` */
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly allowed: readonly Allowed[];
  readonly managedPolicies: readonly string[];
}

export interface ResolvedOrg {
  readonly programs: readonly Program[];
  readonly resources: readonly NamedResource[];
}

export interface Place {
  readonly account: string;
  readonly region: string;
}

/** ARN of a service in the org's own account and region. */
type Arn = (service: string, rest: string) => string;
const arnIn =
  ({ account, region }: Place): Arn =>
  (service, rest) =>
    `arn:aws:${service}:${region}:${account}:${rest}`;

interface Kind {
  /** Property with the name. @default - it has none, and its logical id stands for it */
  readonly nameProperty?: string;
  readonly ref: 'name' | 'arn';
  readonly arnOf: (name: string, arn: Arn) => string;
  /** ARNs of its parts that do not begin with its own. */
  readonly parts?: (name: string, arn: Arn) => readonly string[];
}

const kinds: Readonly<Record<string, Kind>> = {
  'AWS::DynamoDB::GlobalTable': {
    nameProperty: 'TableName',
    ref: 'name',
    arnOf: (name, arn) => arn('dynamodb', `table/${name}`),
  },
  'AWS::S3::Bucket': { nameProperty: 'BucketName', ref: 'name', arnOf: (name) => `arn:aws:s3:::${name}` },
  'AWS::SNS::Topic': { nameProperty: 'TopicName', ref: 'arn', arnOf: (name, arn) => arn('sns', name) },
  'AWS::SecretsManager::Secret': {
    nameProperty: 'Name',
    ref: 'arn',
    arnOf: (name, arn) => arn('secretsmanager', `secret:${name}-AbCdEf`),
  },
  'AWS::Lambda::Function': {
    nameProperty: 'FunctionName',
    ref: 'name',
    arnOf: (name, arn) => arn('lambda', `function:${name}`),
  },
  'AWS::StepFunctions::StateMachine': {
    nameProperty: 'StateMachineName',
    ref: 'arn',
    arnOf: (name, arn) => arn('states', `stateMachine:${name}`),
  },
  'AWS::ECS::Cluster': {
    nameProperty: 'ClusterName',
    ref: 'name',
    arnOf: (name, arn) => arn('ecs', `cluster/${name}`),
    parts: (name, arn) => [arn('ecs', `service/${name}`), arn('ecs', `task/${name}`)],
  },
  'AWS::KMS::Key': { ref: 'name', arnOf: (name, arn) => arn('kms', `key/${name}`) },
  'AWS::IAM::Role': { ref: 'name', arnOf: (name) => `role/${name}` },
};

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

const nameOf = (id: string, { Type, Properties }: CfnResource): string => {
  const property = kinds[Type]?.nameProperty;
  return (property === undefined ? undefined : text(Properties?.[property])) ?? id;
};

/** Any text of a template, with every intrinsic replaced by what it stands for. */
const resolver = (templates: readonly CfnTemplate[], place: Place) => {
  const arn = arnIn(place);
  const exported = new Map(
    templates.flatMap((template) =>
      Object.values(template.Outputs ?? {}).flatMap(({ Value, Export }) =>
        Export ? [[Export.Name, { template, Value }] as const] : [],
      ),
    ),
  );
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::Partition': 'aws',
    'AWS::Region': place.region,
    'AWS::AccountId': place.account,
  };
  const attribute = (template: CfnTemplate, id: string, name: string): string => {
    const resource = template.Resources[id];
    const kind = resource && kinds[resource.Type];
    if (!resource || !kind) return `\${${id}.${name}}`;
    const own = kind.arnOf(nameOf(id, resource), arn);
    if (name === 'Arn') return own;
    if (name === 'StreamArn') return `${own}/stream/latest`;
    return `\${${id}.${name}}`;
  };
  const ref = (template: CfnTemplate, id: string): string => {
    const resource = template.Resources[id];
    const kind = resource && kinds[resource.Type];
    if (!resource || !kind) return pseudo[id] ?? `\${${id}}`;
    const name = nameOf(id, resource);
    return kind.ref === 'arn' ? kind.arnOf(name, arn) : name;
  };
  const resolve = (template: CfnTemplate, value: unknown): string => {
    if (typeof value === 'string') return value;
    const [[name, argument] = ['', undefined]] = Object.entries(record(value));
    if (name === 'Ref') return ref(template, String(argument));
    if (name === 'Fn::GetAtt') {
      const [id, of] = listOf(argument);
      return attribute(template, String(id), String(of));
    }
    if (name === 'Fn::Join') {
      const [separator, parts] = listOf(argument);
      return listOf(parts)
        .map((part) => resolve(template, part))
        .join(String(separator));
    }
    if (name === 'Fn::ImportValue') {
      const found = exported.get(String(argument));
      return found ? resolve(found.template, found.Value) : `\${import ${String(argument)}}`;
    }
    return JSON.stringify(value);
  };
  return resolve;
};

type Resolve = ReturnType<typeof resolver>;

/** Where templates say by which key a resource is encrypted. */
const keyProperties = new Set(['KMSMasterKeyId', 'KMSMasterKeyID', 'KmsMasterKeyId', 'KmsKeyId']);
const keyOf = (value: unknown, resolve: (value: unknown) => string): string | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    const found = keyProperties.has(name) ? resolve(inner) : keyOf(inner, resolve);
    if (found !== undefined) return found;
  }
  return undefined;
};

const namedResources = (template: CfnTemplate, arn: Arn, resolve: Resolve): readonly NamedResource[] =>
  Object.entries(template.Resources).flatMap(([id, resource]) => {
    const kind = kinds[resource.Type];
    if (!kind) return [];
    const name = nameOf(id, resource);
    const own = kind.arnOf(name, arn);
    const key = keyOf(resource.Properties, (value) => resolve(template, value));
    return [
      {
        type: resource.Type,
        name,
        arn: own,
        prefixes: [own, ...(kind.parts?.(name, arn) ?? [])],
        ...(key !== undefined && { key }),
        hasIndexes: resource.Properties?.['GlobalSecondaryIndexes'] !== undefined,
      },
    ];
  });

const allowedOf = (template: CfnTemplate, roleId: string, resolve: Resolve): readonly Allowed[] =>
  Object.values(template.Resources)
    .filter(({ Type }) => Type === 'AWS::IAM::Policy')
    .filter(({ Properties }) =>
      listOf(Properties?.['Roles']).some((role) => roleId === `role/${resolve(template, role)}`),
    )
    .flatMap(({ Properties }) => listOf(record(Properties?.['PolicyDocument'])['Statement']))
    .map(record)
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Resource, Condition }) =>
      listOf(Action).flatMap((action) =>
        listOf(Resource).map((one) => ({
          action: String(action),
          resource: resolve(template, one),
          ...(Condition !== undefined && { condition: Condition }),
        })),
      ),
    );

const managedPoliciesOf = (template: CfnTemplate, roleId: string, resolve: Resolve): readonly string[] =>
  Object.entries(template.Resources)
    .filter(([id, { Type }]) => Type === 'AWS::IAM::Role' && roleId === `role/${id}`)
    .flatMap(([, { Properties }]) => listOf(Properties?.['ManagedPolicyArns'] ?? []))
    .map((policy) => resolve(template, policy));

const programsOf = (template: CfnTemplate, resolve: Resolve): readonly Program[] => {
  const program = (name: string, role: unknown, variables: readonly (readonly [string, unknown])[]): Program => {
    const roleId = resolve(template, role);
    return {
      name,
      environment: Object.fromEntries(variables.map(([key, value]) => [key, resolve(template, value)])),
      allowed: allowedOf(template, roleId, resolve),
      managedPolicies: managedPoliciesOf(template, roleId, resolve),
    };
  };
  return Object.entries(template.Resources).flatMap(([id, resource]) => {
    const properties = resource.Properties ?? {};
    if (resource.Type === 'AWS::Lambda::Function') {
      const name = nameOf(id, resource).replace(/^lastgood-/, '');
      const variables = record(record(properties['Environment'])['Variables']);
      return [program(`function ${name}`, properties['Role'], Object.entries(variables))];
    }
    if (resource.Type !== 'AWS::ECS::TaskDefinition') return [];
    return listOf(properties['ContainerDefinitions'])
      .map(record)
      .map(({ Name, Environment }) => {
        const variables = listOf(Environment ?? [])
          .map(record)
          .map((one) => [String(one['Name']), one['Value']] as const);
        return program(`task ${String(Name)}`, properties['TaskRoleArn'], variables);
      });
  });
};

/** Programs and resources of an org from the templates of all its stacks. */
export const resolveOrg = (templates: readonly CfnTemplate[], place: Place): ResolvedOrg => {
  const resolve = resolver(templates, place);
  return {
    programs: templates.flatMap((template) => programsOf(template, resolve)),
    resources: templates.flatMap((template) => namedResources(template, arnIn(place), resolve)),
  };
};
