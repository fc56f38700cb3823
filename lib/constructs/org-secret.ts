import { RemovalPolicy } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Secret, type SecretStringGenerator } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Consumer } from './consumer.ts';

export interface OrgSecretProps<Variable extends string> {
  readonly secretName: string;
  /** Environment variable that holds the secret's name. */
  readonly variable: Variable;
  readonly description: string;
  /** The first value. */
  readonly generate: SecretStringGenerator;
}

/**
 * A secret that is generated at the first deploy and never deleted with its stack. A facade around it and no level in its
 * path: ids there are a contract.
 */
export class OrgSecret<Variable extends string> {
  readonly #secret: Secret;
  readonly #props: OrgSecretProps<Variable>;

  constructor(scope: Construct, id: string, props: OrgSecretProps<Variable>) {
    this.#props = props;
    this.#secret = new Secret(scope, id, {
      secretName: props.secretName,
      description: props.description,
      removalPolicy: RemovalPolicy.RETAIN,
      generateSecretString: props.generate,
    });
  }

  grantRead(consumer: Consumer<Variable>): void {
    consumer.addEnvironment(this.#props.variable, this.#props.secretName);
    Grant.addToPrincipal({
      grantee: consumer,
      actions: ['secretsmanager:GetSecretValue'],
      resourceArns: [this.#secret.secretArn],
    });
  }
}
