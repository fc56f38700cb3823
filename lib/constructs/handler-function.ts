import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Architecture, type IFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat, SourceMapMode } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { join } from 'node:path';
import { functionName } from '#core/org/resource-names.ts';
import type { HandlerEnv, HandlerName } from '#lambdas/environment.ts';
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
    this.function = new NodejsFunction(this, 'Function', {
      functionName: name,
      entry: join(projectRoot, 'lambdas', `${props.handler}.ts`),
      handler: 'handler',
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
      projectRoot,
      depsLockFilePath: join(projectRoot, 'package-lock.json'),
      bundling: {
        format: OutputFormat.ESM,
        target: 'node24',
        minify: false,
        sourceMap: true,
        sourceMapMode: SourceMapMode.DEFAULT,
        // The SDK is part of the bundle: the version that was tested is the version that runs.
        bundleAwsSDK: true,
        mainFields: ['module', 'main'],
        // CommonJS packages inside an ESM bundle (the X-Ray SDK) still call require.
        banner: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    });
  }
}
