import { newNumber, newUuid } from '../../chance.ts';
import type { Clock } from '#core/clock.ts';
import { z } from 'zod';
import { type CloudContext, type PerScope, perScope, statePath } from '../../context.ts';
import { AwsError } from '../../http/aws-error.ts';
import { type JsonApi, operationsOf } from '../../http/operation.ts';
import type { Scope } from '../../http/scope.ts';
import { type Document, openDocument } from '../../storage/document.ts';
import { tags } from '../tags.ts';
import { type GenerateSecretString, generateSecretString } from './generate-secret.ts';

const operation = operationsOf({ invalid: 'InvalidParameterException' });

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
  kmsKeyId: z.string().optional(),
  tags: z.array(z.object({ Key: z.string(), Value: z.string() })).optional(),
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

const base64 = z.base64().max(Math.ceil(maxSecretBytes / 3) * 4);
const value = {
  SecretString: z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) <= maxSecretBytes, `a secret has at most ${maxSecretBytes} bytes`)
    .optional(),
  SecretBinary: base64.min(4).optional(),
  ClientRequestToken: z.string().min(32).max(64).optional(),
};
const id = { SecretId: z.string().min(1).max(2_048) };
const hasBoth = (input: { SecretString?: unknown; SecretBinary?: unknown }): boolean =>
  input.SecretString !== undefined && input.SecretBinary !== undefined;
const notBoth = "You can't specify both a binary secret value and a string secret value in the same secret.";

const suffix = (): string =>
  Array.from({ length: 6 }, () => 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'[newNumber(62)]).join(
    '',
  );

const summary = (secret: Secret) => ({ ARN: secret.arn, Name: secret.name });

/** Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html */
const CreateSecret = z
  .strictObject({
    Name: z
      .string()
      .regex(/^[\w/+=.@-]{1,512}$/, 'a secret name has 1 to 512 of the characters A-Z a-z 0-9 / _ + = . @ -'),
    Description: z.string().max(2_048).optional(),
    KmsKeyId: z.string().max(2_048).optional(),
    Tags: tags.optional(),
    ...value,
  })
  .refine((input) => !hasBoth(input), notBoth);
const PutSecretValue = z
  .strictObject({ ...id, ...value })
  .refine((input) => !hasBoth(input), notBoth)
  .refine(
    (input) => input.SecretString !== undefined || input.SecretBinary !== undefined,
    'You must provide either SecretString or SecretBinary.',
  );
const GetSecretValue = z.strictObject({
  ...id,
  VersionId: z.string().min(32).max(64).optional(),
  VersionStage: z.string().min(1).max(256).optional(),
});

interface NewValue {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: string | undefined;
  readonly ClientRequestToken?: string | undefined;
}

const isSameValue = (version: SecretVersion, input: NewValue): boolean =>
  version.secretString === input.SecretString && version.secretBinary === input.SecretBinary;

export interface TemplateSecret {
  readonly name: string;
  readonly description?: string | undefined;
  readonly secretString?: string | undefined;
  readonly generate?: GenerateSecretString | undefined;
}

/** Secrets Manager: values with versions and the stages AWSCURRENT and AWSPREVIOUS. */
export class SecretsManager {
  readonly api: JsonApi;
  readonly #clock: Clock;
  readonly #scopes: PerScope<Document<z.infer<typeof Secrets>>>;

  constructor(context: CloudContext) {
    this.#clock = context.clock;
    this.#scopes = perScope((scope) => openDocument(statePath(context, scope, 'secrets.json'), Secrets, {}));
    this.api = {
      target: 'secretsmanager',
      operations: {
        CreateSecret: operation(CreateSecret, (scope, input) => this.#createSecret(scope, input)),
        PutSecretValue: operation(PutSecretValue, (scope, input) => this.#putValue(scope, input)),
        GetSecretValue: operation(GetSecretValue, (scope, input) => this.#getValue(scope, input)),
        DescribeSecret: operation(z.strictObject(id), (scope, input) => this.#describe(scope, input.SecretId)),
      },
    };
  }

  /** Creates a secret of a template, generating its value when asked; an existing one keeps its value. Returns its ARN. */
  async ensure(scope: Scope, { name, description, secretString, generate }: TemplateSecret): Promise<string> {
    const known = this.#scopes.get(scope).value[name];
    if (known) return known.arn;
    const secret = this.#create(scope, name, description);
    const text = secretString ?? (generate ? generateSecretString(generate, newNumber) : undefined);
    if (text !== undefined) this.#addVersion(secret, { SecretString: text });
    await this.#scopes.get(scope).save();
    return secret.arn;
  }

  async removeByArn(scope: Scope, arn: string): Promise<void> {
    const document = this.#scopes.get(scope);
    document.value = Object.fromEntries(Object.entries(document.value).filter(([, secret]) => secret.arn !== arn));
    await document.save();
  }

  #find(scope: Scope, secretId: string): Secret {
    const secrets = this.#scopes.get(scope).value;
    // An ARN may come without its random suffix.
    const secret = secretId.startsWith('arn:')
      ? Object.values(secrets).find(({ arn }) => arn === secretId || arn.slice(0, -7) === secretId)
      : secrets[secretId];
    if (!secret)
      throw new AwsError('ResourceNotFoundException', `Secrets Manager can't find the specified secret: ${secretId}`);
    return secret;
  }

  #create(scope: Scope, name: string, description: string | undefined): Secret {
    const secret: Secret = {
      arn: `arn:aws:secretsmanager:${scope.region}:${scope.account}:secret:${name}-${suffix()}`,
      name,
      createdAt: this.#clock.now(),
      changedAt: this.#clock.now(),
      versions: [],
      ...(description !== undefined && { description }),
    };
    this.#scopes.get(scope).value[name] = secret;
    return secret;
  }

  #addVersion(secret: Secret, input: NewValue): SecretVersion {
    const versionId = input.ClientRequestToken ?? newUuid();
    const known = secret.versions.find((version) => version.versionId === versionId);
    if (known) {
      if (isSameValue(known, input)) return known;
      throw new AwsError('ResourceExistsException', `version ${versionId} of ${secret.name} exists with another value`);
    }
    const version: SecretVersion = {
      versionId,
      stages: ['AWSCURRENT'],
      createdAt: this.#clock.now(),
      secretString: input.SecretString,
      secretBinary: input.SecretBinary,
    };
    const older = secret.versions.map((old) => ({
      ...old,
      stages: old.stages.includes('AWSCURRENT') ? ['AWSPREVIOUS'] : [],
    }));
    secret.versions = [version, ...older].slice(0, maxVersions);
    secret.changedAt = version.createdAt;
    return version;
  }

  async #createSecret(scope: Scope, input: z.infer<typeof CreateSecret>): Promise<object> {
    const known = this.#scopes.get(scope).value[input.Name];
    // The SDK makes a token for every call: a repeat with the same one is the same call.
    const repeated = known?.versions.find(({ versionId }) => versionId === input.ClientRequestToken);
    if (known && repeated && isSameValue(repeated, input)) return { ...summary(known), VersionId: repeated.versionId };
    if (known) {
      throw new AwsError(
        'ResourceExistsException',
        `The operation failed because the secret ${input.Name} already exists.`,
      );
    }
    const secret = this.#create(scope, input.Name, input.Description);
    if (input.KmsKeyId !== undefined) secret.kmsKeyId = input.KmsKeyId;
    if (input.Tags !== undefined) secret.tags = input.Tags;
    const hasValue = input.SecretString !== undefined || input.SecretBinary !== undefined;
    const version = hasValue ? this.#addVersion(secret, input) : undefined;
    await this.#scopes.get(scope).save();
    return { ...summary(secret), VersionId: version?.versionId };
  }

  async #putValue(scope: Scope, input: NewValue & { readonly SecretId: string }): Promise<object> {
    const secret = this.#find(scope, input.SecretId);
    const version = this.#addVersion(secret, input);
    await this.#scopes.get(scope).save();
    return { ...summary(secret), VersionId: version.versionId, VersionStages: version.stages };
  }

  #getValue(scope: Scope, input: z.infer<typeof GetSecretValue>): object {
    const secret = this.#find(scope, input.SecretId);
    const stage = input.VersionStage ?? (input.VersionId === undefined ? 'AWSCURRENT' : undefined);
    const version = secret.versions.find(
      (one) =>
        (input.VersionId === undefined || one.versionId === input.VersionId) &&
        (stage === undefined || one.stages.includes(stage)),
    );
    if (!version) {
      throw new AwsError(
        'ResourceNotFoundException',
        `Secrets Manager can't find the specified secret value for ${stage ?? input.VersionId ?? ''} of ${secret.name}`,
      );
    }
    return {
      ...summary(secret),
      VersionId: version.versionId,
      VersionStages: version.stages,
      SecretString: version.secretString,
      SecretBinary: version.secretBinary,
      CreatedDate: version.createdAt / 1_000,
    };
  }

  #describe(scope: Scope, secretId: string): object {
    const secret = this.#find(scope, secretId);
    const staged = secret.versions.filter((one) => one.stages.length > 0);
    return {
      ...summary(secret),
      Description: secret.description,
      KmsKeyId: secret.kmsKeyId,
      Tags: secret.tags,
      CreatedDate: secret.createdAt / 1_000,
      LastChangedDate: secret.changedAt / 1_000,
      VersionIdsToStages: Object.fromEntries(staged.map((one) => [one.versionId, one.stages])),
    };
  }
}
