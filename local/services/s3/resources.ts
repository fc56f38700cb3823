import { z } from 'zod';
import { GenerateSecretString } from '../secretsmanager/generate-secret.ts';
import { generatedName, resourceType, withoutEffect } from '../../deploy/resource-type.ts';

const Bucket = z.strictObject({
  BucketName: z.string().optional(),
  // Objects are kept whole and once; encryption, access and life cycle are AWS's.
  ...withoutEffect(
    'BucketEncryption',
    'LifecycleConfiguration',
    'OwnershipControls',
    'PublicAccessBlockConfiguration',
    'Tags',
    'VersioningConfiguration',
    'LoggingConfiguration',
    'ObjectLockEnabled',
    'AccessControl',
    'IntelligentTieringConfigurations',
  ),
});

const Secret = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  SecretString: z.string().optional(),
  GenerateSecretString: GenerateSecretString.optional(),
  ...withoutEffect('KmsKeyId', 'Tags'),
});

export const storageTypes = [
  resourceType({
    type: 'AWS::S3::Bucket',
    schema: Bucket,
    apply: (context, properties) => {
      const name = properties.BucketName ?? generatedName(context, 63).toLowerCase();
      context.services.s3.ensureBucket(name);
      return {
        ref: name,
        attributes: {
          Arn: `arn:aws:s3:::${name}`,
          DomainName: `${name}.s3.amazonaws.com`,
          RegionalDomainName: `${name}.s3.${context.scope.region}.amazonaws.com`,
        },
      };
    },
    remove: ({ services }, { ref }) => services.s3.removeBucket(ref),
  }),
  resourceType({
    type: 'AWS::SecretsManager::Secret',
    schema: Secret,
    apply: async (context, properties) => {
      const name = properties.Name ?? generatedName(context);
      const secretArn = await context.services.secrets.ensure(context.scope, {
        name,
        description: properties.Description,
        secretString: properties.SecretString,
        generate: properties.GenerateSecretString,
      });
      return { ref: secretArn, attributes: { Id: secretArn } };
    },
    remove: async ({ services, scope }, { ref }) => services.secrets.removeByArn(scope, ref),
  }),
];
