import { join } from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { Architecture, Code, Function, type IFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { functionName } from '#core/org/resource-names.ts';
import type { HandlerEnv, HandlerName } from '#lambdas/entrance/environment.ts';
import { functionBundle } from '../function-bundles.ts';
import { projectRoot } from '../project-root.ts';

export interface HandlerFunctionProps<Name extends HandlerName> {
  /** File `lambdas/<handler>.ts` and function `lastgood-<handler>`. */
  readonly handler: Name;
  readonly environment: HandlerEnv<Name>;
  /** @default 30 seconds */
  readonly timeout?: Duration;
  /** @default 512 */
  readonly memoryMiB?: number;
  /** @default - outside any VPC */
  readonly network?: { readonly vpc: IVpc; readonly subnets: SubnetSelection; readonly securityGroup: ISecurityGroup };
}

/** One function per file of `lambdas/`. A missing environment variable does not compile. */
export class HandlerFunction<Name extends HandlerName> extends Construct {
  readonly function: IFunction;

  constructor(scope: Construct, id: string, props: HandlerFunctionProps<Name>) {
    super(scope, id);
    const name = functionName(props.handler);
    this.function = new Function(this, 'Function', {
      functionName: name,
      code: this.code(props.handler),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: props.timeout ?? Duration.seconds(30),
      memorySize: props.memoryMiB ?? 512,
      tracing: Tracing.ACTIVE,
      logGroup: new LogGroup(this, 'Logs', {
        logGroupName: `/lastgood/lambda/${props.handler}`,
        retention: RetentionDays.THREE_MONTHS,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      environment: { ...props.environment, NODE_OPTIONS: '--enable-source-maps', POWERTOOLS_SERVICE_NAME: name },
      ...(props.network && {
        vpc: props.network.vpc,
        vpcSubnets: props.network.subnets,
        securityGroups: [props.network.securityGroup],
      }),
    });
  }

  /** Where the CDK asks for no bundling (`cdk list`, tests), the sources stand in for the bundle. */
  private code(handler: Name): Code {
    const needsBundle = Stack.of(this).bundlingRequired;
    return Code.fromAsset(needsBundle ? functionBundle(handler) : join(projectRoot, 'lambdas'));
  }
}
