import { z } from 'zod';
import { LastgoodError } from '#core/errors.ts';
import { EventPattern } from './pattern.ts';
import { generatedName, resourceType, withoutEffect } from '../../deploy/resource-type.ts';

const Target = z.strictObject({
  Id: z.string(),
  Arn: z.string(),
  Input: z.string().optional(),
  ...withoutEffect('RetryPolicy', 'RoleArn'),
});
const Rule = z
  .strictObject({
    Name: z.string().optional(),
    ScheduleExpression: z.string().optional(),
    EventPattern: EventPattern.optional(),
    State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
    Targets: z.array(Target).default([]),
    ...withoutEffect('Description', 'Tags'),
  })
  .refine(
    ({ ScheduleExpression: schedule, EventPattern: pattern }) => (schedule === undefined) !== (pattern === undefined),
    'the embedded cloud runs rules that have either a schedule or a pattern',
  );

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
        ...(properties.ScheduleExpression !== undefined && { schedule: properties.ScheduleExpression }),
        ...(properties.EventPattern && { pattern: properties.EventPattern }),
        enabled: properties.State === 'ENABLED',
        targets,
      });
      return { ref: name, attributes: { Arn: ruleArn } };
    },
    remove: ({ services, scope }, { ref }) => services.events.removeRule(scope, ref),
  }),
];
