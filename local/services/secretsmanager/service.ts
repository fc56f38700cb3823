import { randomInt, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type CloudContext, perScope, statePath } from '../../context.ts';
import { AwsError } from '../../http/aws-error.ts';
import { type JsonApi, operation } from '../../http/operation.ts';
import type { Scope } from '../../http/scope.ts';
import { openDocument } from '../../storage/document.ts';
import { type GenerateSecretString, generateSecretString } from './generate-secret.ts';

const SecretVersion = z.object({
  versionId: z.string(),
  stages: z.array(z.string()),
  secretString: z.string().optional(),
  secretBinary: z.string().optional(),
  createdAt: z.number(),
});
const Secret = z.object({
  arn: z.string(),
  name: z.string(),
  description: z.string().optional(),
  createdAt: z.number(),
  changedAt: z.number(),
  versions: z.array(SecretVersion),
});
type Secret = z.infer<typeof Secret>;
type SecretVersion = z.infer<typeof SecretVersion>;
const Secrets = z.record(z.string(), Secret);

/** AWS keeps about 100 versions of a secret; the two that carry a stage are what our code reads. */
const maxVersions = 20;
const maxSecretBytes = 65_536;

const value = {
  SecretString: z.string().max(maxSecretBytes).optional(),
  SecretBinary: z.string().max(maxSecretBytes).optional(),
  ClientRequestToken: z.string().optional(),
};
const id = { SecretId: z.string() };

export interface SecretsManager {
  readonly api: JsonApi;
  /** Creates a secret of a template, generating its value when asked; an existing one keeps its value. */
  ensure(
    scope: Scope,
    secret: {
      readonly name: string;
      readonly description?: string;
      readonly secretString?: string;
      readonly generate?: GenerateSecretString;
    },
  ): Promise<string>;
  remove(scope: Scope, name: string): Promise<void>;
}

const suffix = (): string =>
  Array.from({ length: 6 }, () => 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'[randomInt(62)]).join(
    '',
  );

const summary = (secret: Secret) => ({ ARN: secret.arn, Name: secret.name });

const notFound = (): AwsError =>
  new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");

/** Secrets Manager: values with versions and the stages AWSCURRENT and AWSPREVIOUS. */
export const secretsManager = (context: CloudContext): SecretsManager => {
  const scopes = perScope((scope) => openDocument(statePath(context, scope, 'secrets.json'), Secrets, {}));
  const seconds = (ms: number): number => ms / 1_000;

  const find = (scope: Scope, secretId: string): Secret => {
    const secrets = scopes.get(scope).value;
    const name = secretId.startsWith('arn:')
      ? Object.keys(secrets).find(
          (key) => secrets[key]?.arn === secretId || secrets[key]?.arn.slice(0, -7) === secretId,
        )
      : secretId;
    const secret = name === undefined ? undefined : secrets[name];
    if (!secret) throw notFound();
    return secret;
  };

  const addVersion = (
    secret: Secret,
    input: {
      SecretString?: string | undefined;
      SecretBinary?: string | undefined;
      ClientRequestToken?: string | undefined;
    },
  ): SecretVersion => {
    const versionId = input.ClientRequestToken ?? randomUUID();
    const known = secret.versions.find((version) => version.versionId === versionId);
    if (known) {
      if (known.secretString === input.SecretString && known.secretBinary === input.SecretBinary) return known;
      throw new AwsError('ResourceExistsException', `version ${versionId} of ${secret.name} exists with another value`);
    }
    const version: SecretVersion = {
      versionId,
      stages: ['AWSCURRENT'],
      createdAt: context.clock.now(),
      ...(input.SecretString === undefined ? {} : { secretString: input.SecretString }),
      ...(input.SecretBinary === undefined ? {} : { secretBinary: input.SecretBinary }),
    };
    const older = secret.versions.map((old) => ({
      ...old,
      stages: old.stages.includes('AWSCURRENT') ? ['AWSPREVIOUS'] : [],
    }));
    secret.versions = [version, ...older].slice(0, maxVersions);
    secret.changedAt = version.createdAt;
    return version;
  };

  const create = (scope: Scope, name: string, description: string | undefined): Secret => {
    const secret: Secret = {
      arn: `arn:aws:secretsmanager:${scope.region}:${scope.account}:secret:${name}-${suffix()}`,
      name,
      createdAt: context.clock.now(),
      changedAt: context.clock.now(),
      versions: [],
      ...(description === undefined ? {} : { description }),
    };
    scopes.get(scope).value[name] = secret;
    return secret;
  };

  const operations = {
    CreateSecret: operation(
      z.strictObject({
        Name: z.string().min(1).max(512),
        Description: z.string().optional(),
        Tags: z.unknown().optional(),
        ...value,
      }),
      async (scope, input) => {
        if (scopes.get(scope).value[input.Name])
          throw new AwsError(
            'ResourceExistsException',
            `The operation failed because the secret ${input.Name} already exists.`,
          );
        const secret = create(scope, input.Name, input.Description);
        const version =
          input.SecretString === undefined && input.SecretBinary === undefined ? undefined : addVersion(secret, input);
        await scopes.get(scope).save();
        return { ...summary(secret), VersionId: version?.versionId };
      },
    ),
    PutSecretValue: operation(z.strictObject({ ...id, ...value }), async (scope, input) => {
      const secret = find(scope, input.SecretId);
      const version = addVersion(secret, input);
      await scopes.get(scope).save();
      return { ...summary(secret), VersionId: version.versionId, VersionStages: version.stages };
    }),
    GetSecretValue: operation(
      z.strictObject({ ...id, VersionId: z.string().optional(), VersionStage: z.string().optional() }),
      (scope, input) => {
        const secret = find(scope, input.SecretId);
        const stage = input.VersionStage ?? (input.VersionId === undefined ? 'AWSCURRENT' : undefined);
        const version = secret.versions.find(
          (one) =>
            (input.VersionId === undefined || one.versionId === input.VersionId) &&
            (stage === undefined || one.stages.includes(stage)),
        );
        if (!version)
          throw new AwsError(
            'ResourceNotFoundException',
            `Secrets Manager can't find the specified secret value for ${stage ?? input.VersionId} of ${secret.name}.`,
          );
        return {
          ...summary(secret),
          VersionId: version.versionId,
          VersionStages: version.stages,
          SecretString: version.secretString,
          SecretBinary: version.secretBinary,
          CreatedDate: seconds(version.createdAt),
        };
      },
    ),
    DescribeSecret: operation(z.strictObject(id), (scope, input) => {
      const secret = find(scope, input.SecretId);
      return {
        ...summary(secret),
        Description: secret.description,
        CreatedDate: seconds(secret.createdAt),
        LastChangedDate: seconds(secret.changedAt),
        VersionIdsToStages: Object.fromEntries(
          secret.versions.filter((one) => one.stages.length > 0).map((one) => [one.versionId, one.stages]),
        ),
      };
    }),
  };

  return {
    api: { target: 'secretsmanager', operations },
    ensure: async (scope, { name, description, secretString, generate }) => {
      const known = scopes.get(scope).value[name];
      if (known) return known.arn;
      const secret = create(scope, name, description);
      const text = secretString ?? (generate ? generateSecretString(generate, randomInt) : undefined);
      if (text !== undefined) addVersion(secret, { SecretString: text });
      await scopes.get(scope).save();
      return secret.arn;
    },
    remove: async (scope, name) => {
      delete scopes.get(scope).value[name];
      await scopes.get(scope).save();
    },
  };
};
