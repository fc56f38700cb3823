import { z } from 'zod';
import { generatedName, resourceType, withoutEffect } from '../../deploy/resource-type.ts';
import { GenerateSecretString } from './generate-secret.ts';

const Secret = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  SecretString: z.string().optional(),
  GenerateSecretString: GenerateSecretString.optional(),
  ...withoutEffect('KmsKeyId', 'Tags'),
});

export const secretsManagerTypes = [
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
