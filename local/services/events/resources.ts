import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { generatedName, resourceType, withoutEffect } from '../../deploy/resource-type.ts';

const Target = z.strictObject({
  Id: z.string(),
  Arn: z.string(),
  Input: z.string().optional(),
  ...withoutEffect('RetryPolicy', 'RoleArn'),
});
const Rule = z.strictObject({
  Name: z.string().optional(),
  ScheduleExpression: z.string({ error: 'the embedded cloud runs rules with a schedule only' }),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(Target).default([]),
  ...withoutEffect('Description', 'Tags'),
});

export const eventsTypes = [
  resourceType({
    type: 'AWS::Events::Rule',
    schema: Rule,
    apply: (context, properties) => {
      const name = properties.Name ?? generatedName(context);
      const targets = properties.Targets.map(({ Arn: functionArn, Input: input }) => {
        if (!functionArn.startsWith('arn:aws:lambda:'))
          throw new LastgoodError('unsupported-resource', `the target ${functionArn} is no function`);
        return { functionArn, ...(input !== undefined && { input }) };
      });
      const ruleArn = context.services.events.putRule(context.scope, {
        name,
        schedule: properties.ScheduleExpression,
        enabled: properties.State === 'ENABLED',
        targets,
      });
      return { ref: name, attributes: { Arn: ruleArn } };
    },
    remove: ({ services, scope }, { ref }) => services.events.removeRule(scope, ref),
  }),
];
