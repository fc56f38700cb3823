import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { resourceNames } from '#core/org/resource-names.ts';

/** Lets a program publish metrics of ours. It names no variable: the namespace is the same in every org. */
export const allowMetrics = (grantee: IGrantable): void => {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['cloudwatch:PutMetricData'],
      // PutMetricData has no resource; the namespace is its only bound.
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': resourceNames.metricNamespace } },
    }),
  );
};
