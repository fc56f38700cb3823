import { generatedName, resourceType, withNumbers } from '../../deploy/resource-type.ts';
import { AlarmInput, CompositeInput } from './inputs.ts';

const numbers = ['Threshold', 'EvaluationPeriods', 'DatapointsToAlarm', 'Period'];

export const cloudwatchTypes = [
  resourceType({
    type: 'AWS::CloudWatch::Alarm',
    schema: withNumbers(AlarmInput.partial({ AlarmName: true }), numbers),
    apply: (context, properties) => {
      const name = properties.AlarmName ?? generatedName(context, 255);
      const alarmArn = context.services.cloudwatch.putMetricAlarm(context.scope, { ...properties, AlarmName: name });
      return { ref: name, attributes: { Arn: alarmArn } };
    },
    remove: ({ services, scope }, { ref }) => services.cloudwatch.removeAlarm(scope, ref),
  }),
  resourceType({
    type: 'AWS::CloudWatch::CompositeAlarm',
    schema: CompositeInput.partial({ AlarmName: true }),
    apply: (context, properties) => {
      const name = properties.AlarmName ?? generatedName(context, 255);
      const alarmArn = context.services.cloudwatch.putCompositeAlarm(context.scope, { ...properties, AlarmName: name });
      return { ref: name, attributes: { Arn: alarmArn } };
    },
    remove: ({ services, scope }, { ref }) => services.cloudwatch.removeAlarm(scope, ref),
  }),
];
