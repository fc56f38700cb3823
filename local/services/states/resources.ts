import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { type ResourceContext, generatedName, resourceType, withoutEffect } from '../../deploy/resource-type.ts';

const StateMachine = z.strictObject({
  StateMachineName: z.string().optional(),
  StateMachineType: z.literal('STANDARD', 'the embedded cloud runs standard workflows').default('STANDARD'),
  DefinitionString: z.string().optional(),
  DefinitionS3Location: z.strictObject({ Bucket: z.string(), Key: z.string() }).optional(),
  DefinitionSubstitutions: z.record(z.string(), z.coerce.string()).default({}),
  ...withoutEffect('RoleArn', 'LoggingConfiguration', 'TracingConfiguration', 'EncryptionConfiguration', 'Tags'),
});

const definitionText = (context: ResourceContext, properties: z.infer<typeof StateMachine>): string => {
  const { DefinitionString: text, DefinitionS3Location: location, DefinitionSubstitutions: substitutions } = properties;
  const asset = location && context.assets.get(location.Key);
  const definition = text ?? (asset && readFileSync(asset.path, 'utf8'));
  if (definition === undefined) {
    throw new LastgoodError(
      'unsupported-resource',
      'it has neither DefinitionString nor a definition among the assets',
    );
  }
  return Object.entries(substitutions).reduce(
    (whole, [name, value]) => whole.replaceAll(`\${${name}}`, value),
    definition,
  );
};

export const statesTypes = [
  resourceType({
    type: 'AWS::StepFunctions::StateMachine',
    schema: StateMachine,
    apply: (context, properties) => {
      const name = properties.StateMachineName ?? generatedName(context, 80);
      const machineArn = context.services.states.putMachine(context.scope, name, definitionText(context, properties));
      return { ref: machineArn, attributes: { Arn: machineArn, Name: name } };
    },
    remove: ({ services, scope }, { attributes }) => services.states.removeMachine(scope, String(attributes['Name'])),
  }),
];
