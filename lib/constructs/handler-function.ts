import { join } from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { Grant, type IGrantable, type IPrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function, type IFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { functionName } from '#core/org/resource-names.ts';
import { type HandlerEnv, type HandlerName, environments } from '#lambdas/entrance/environment.ts';
import { functionBundle } from '../function-bundles.ts';
import { projectRoot } from '../project-root.ts';
import { type Consumer, GrantedEnvironment, type GrantedVariable, type HandlerVariable } from './consumer.ts';

/** What a function is told beside the resources that it is granted. */
export type HandlerSettings<Name extends HandlerName> = Omit<HandlerEnv<Name>, GrantedVariable>;

export interface HandlerFunctionProps<Name extends HandlerName> {
  /** File `lambdas/<handler>.ts` and function `lastgood-<handler>`. */
  readonly handler: Name;
  readonly settings: HandlerSettings<Name>;
  /** @default 30 seconds */
  readonly timeout?: Duration;
  /** @default 512 */
  readonly memoryMiB?: number;
  /** @default - outside any VPC */
  readonly network?: { readonly vpc: IVpc; readonly subnets: SubnetSelection; readonly securityGroup: ISecurityGroup };
}

/**
 * One function per file of `lambdas/`. A missing setting does not compile; a resource that its environment declares and
 * that nobody granted fails synth; a grant of one that it does not declare does not compile.
 */
export class HandlerFunction<Name extends HandlerName> extends Construct implements Consumer<HandlerVariable<Name>> {
  readonly function: IFunction;
  readonly #own: Function;
  readonly #granted: GrantedEnvironment;

  constructor(scope: Construct, id: string, props: HandlerFunctionProps<Name>) {
    super(scope, id);
    const name = functionName(props.handler);
    this.#own = new Function(this, 'Function', {
      functionName: name,
      code: this.#code(props.handler),
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
      environment: { ...props.settings, NODE_OPTIONS: '--enable-source-maps', POWERTOOLS_SERVICE_NAME: name },
      ...(props.network && {
        vpc: props.network.vpc,
        vpcSubnets: props.network.subnets,
        securityGroups: [props.network.securityGroup],
      }),
    });
    this.function = this.#own;
    this.#granted = new GrantedEnvironment(`function ${props.handler}`, {
      declared: Object.keys(environments[props.handler].shape),
      settings: Object.keys(props.settings),
    });
    this.node.addValidation({ validate: () => this.#granted.missing() });
  }

  get grantPrincipal(): IPrincipal {
    return this.#own.grantPrincipal;
  }

  addEnvironment(name: HandlerVariable<Name>, value: string): void {
    this.#granted.add(name, value);
    this.#own.addEnvironment(name, value);
  }

  /** Gives no variable: functions are called by `functionName`, which is the same in every org. */
  grantInvoke(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [this.#own.functionArn],
    });
  }

  /** Where the CDK asks for no bundling (`cdk list`, tests), the sources stand in for the bundle. */
  #code(handler: Name): Code {
    const needsBundle = Stack.of(this).bundlingRequired;
    return Code.fromAsset(needsBundle ? functionBundle(handler) : join(projectRoot, 'lambdas'));
  }
}
